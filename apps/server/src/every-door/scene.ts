import { createHash, randomBytes } from 'node:crypto'
import { createCaller, createContext, createDependencies, type Dependencies } from '@tasklane/api'
import { createTestBackend, testPassword, testSettings } from '@tasklane/api/testing'
import { tables } from '@tasklane/db'
import type { FastifyInstance } from 'fastify'
import { SignJWT } from 'jose'
import { buildApp } from '../app.ts'
import { type Crowd, createCrowd, later, newSession, type Person } from './crowd.ts'

const issuer = {
  issuer: 'https://issuer.test',
  audience: 'tasklane',
  algorithms: ['HS256'],
  secret: 'what the issuer shares with us: 32 bytes',
} satisfies NonNullable<typeof testSettings.trustedIssuers>[number]

/** What the servers are set to, on one database. */
const settings = {
  open: {},
  /** Tells another user's task from one that does not exist. */
  telling: { foreignTask: 'forbidden' },
  /** Has one attempt of everything, and no room for a hash. */
  crowded: {
    hashing: { inFlightMax: 1, queueMax: -1 },
    rateLimits: {
      logInPerMinute: 1,
      logInPerAddressPerMinute: 1,
      signUpPerHour: 1,
      refreshPerMinute: 1,
      mailPerHour: 1,
      mailPerAddressPerHour: 1,
    },
  },
  /** Sends no mail. */
  mailless: {},
} satisfies Record<string, Partial<typeof testSettings>>

export type ServerName = keyof typeof settings

export interface Server {
  app: FastifyInstance
  dependencies: Dependencies
}

export const userAgent = 'every-door'

type ProcessCaller = ReturnType<typeof createCaller>

/** Calls through the door that a case is run at, and gives the answer. */
type CallDoor = (procedure: string, input: object, by?: Person) => Promise<unknown>

/** What a case has to prepare itself with. */
export interface Scene {
  dependencies: Dependencies
  ipAddress: string
  /** Somebody new, signed in. */
  person: Crowd['person']
  /** Somebody who is the same for all, and has nothing: for calls that are refused. */
  bystander(): Promise<Person>
  /** The procedures in process, for what only prepares a call. */
  as(person: Person): ProcessCaller
  /** Another session of somebody. */
  startSession(userId: string): Promise<string>
  /** The credential of somebody who signed in at a trusted issuer. */
  issuerToken(): Promise<string>
  /** The token of a link that was mailed. */
  mailToken(purpose: 'verify_email' | 'reset_password', to: Pick<Person, 'id' | 'email'>): Promise<string>
  call: CallDoor
}

/** Every server of the cases. */
export interface Stage {
  servers: Record<ServerName, Server>
  /** For one run of one case: nobody else has its address. */
  scene(name: ServerName, callFrom: (ipAddress: string) => CallDoor): Scene
  close(): Promise<void>
}

export async function createStage(): Promise<Stage> {
  const backend = await createTestBackend()
  const { db, log, mailer, hasher } = backend.dependencies
  const passwordHash = await hasher.hash(testPassword)
  const names = Object.keys(settings) as ServerName[]
  const started = names.map(async (name): Promise<[ServerName, Server]> => {
    const dependencies = createDependencies({
      ...{ db, log, mailer: name === 'mailless' ? undefined : mailer },
      settings: { ...testSettings, trustedIssuers: [issuer], ...settings[name] },
    })
    return [name, { dependencies, app: await buildApp({ isReady: async () => true, dependencies }) }]
  })
  const servers = Object.fromEntries(await Promise.all(started)) as Stage['servers']

  const crowd = createCrowd(servers.open.dependencies, passwordHash)
  let bystander: Promise<Person> | undefined
  let runs = 0
  return {
    servers,
    scene(name, callFrom) {
      const ipAddress = `198.18.${++runs >> 8}.${runs & 255}`
      const { dependencies } = servers[name]
      const scene = createScene({ dependencies, crowd, ipAddress, call: callFrom(ipAddress) })
      return { ...scene, bystander: () => (bystander ??= scene.person()) }
    },
    async close() {
      for (const { app, dependencies } of Object.values(servers)) {
        await app.close()
        await dependencies.background.settled()
      }
      await backend.close()
    },
  }
}

type SceneOptions = Pick<Scene, 'dependencies' | 'ipAddress' | 'call'> & { crowd: Crowd }

function createScene({ crowd, ...scene }: SceneOptions): Omit<Scene, 'bystander'> {
  const { dependencies, ipAddress } = scene
  const { db, now, newId } = dependencies

  return {
    ...scene,
    person: (fields) => crowd.person(fields),
    async startSession(userId) {
      const session = newSession(dependencies, userId)
      await db.insert(tables.sessions).values({ ...session, ipAddress, userAgent })
      return session.id
    },
    as({ token, id: userId, email, sessionId }) {
      const credential = { kind: 'session', sessionId } as const
      // As a log-in does.
      dependencies.guard.remember(token, {
        principal: { kind: 'user', userId, email, credential },
        goodForSeconds: 60,
      })
      return createCaller(
        createContext(dependencies, { authorization: [`Bearer ${token}`], ipAddress, userAgent }),
      )
    },
    issuerToken: () =>
      new SignJWT()
        .setProtectedHeader({ alg: 'HS256' })
        .setIssuer(issuer.issuer)
        .setAudience(issuer.audience)
        .setSubject(newId())
        .setIssuedAt()
        .setExpirationTime('1h')
        .sign(Buffer.from(issuer.secret)),
    async mailToken(purpose, { id: userId, email }) {
      const token = randomBytes(32).toString('base64url')
      const tokenHash = createHash('sha256').update(token).digest()
      const times = { createdAt: now(), expiresAt: later(now()) }
      await db.insert(tables.mailTokens).values({ tokenHash, userId, purpose, email, ...times })
      return token
    },
  }
}
