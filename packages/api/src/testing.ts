import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import { createTRPCClient, httpBatchLink, type TRPCClient } from '@trpc/client'
import { fetchRequestHandler } from '@trpc/server/adapters/fetch'
import { appRouter } from './app-router.ts'
import { createContext, type Dependencies } from './context.ts'
import { createDependencies, type Settings } from './dependencies.ts'
import type { SignedIn } from './features/auth/contract.ts'
import type { Mail } from './mail/mailer.ts'
import type { AppRouter } from './router.ts'
import { transformer } from './transformer.ts'

export {
  countStreams,
  type EventStream,
  followPath,
  type OpenStreams,
  readEvents,
  type ServerSentEvent,
} from './testing-streams.ts'

/** A line of the log, as it was written. */
export interface LogLine {
  level: 'info' | 'warn' | 'error'
  message: string
  details: Record<string, unknown>
}

/** Everything behind the doors, on a database of its own. */
export interface TestBackend {
  database: Database
  dependencies: Dependencies
  log: LogLine[]
  /** The mails that were sent. */
  mails: Mail[]
  /** The text of every statement since the last time it was emptied. */
  statements: string[]
  /** Moves the clock that is handed to the procedures. */
  advanceSeconds(seconds: number): void
  /** A typed client over tRPC's HTTP handling, without a port. */
  client(authorization?: string, ipAddress?: string): TRPCClient<AppRouter>
  /** The same requests without the typed client. */
  fetch(path: string, init?: RequestInit): Promise<Response>
  /** Creates an account and signs it in. */
  signUp(): Promise<TestUser>
  close(): Promise<void>
}

export interface TestUser {
  client: TRPCClient<AppRouter>
  email: string
  password: string
  signedIn: SignedIn
}

export const testPassword = 'Correct-Horse-1'

/** Settings of a test: as by default, but for the rate limits, which are off. */
export const testSettings: Settings = {
  jwtSecret: 'a secret that only the tests know, and of 32 bytes',
  jwtIssuer: 'tasklane',
  jwtAudience: 'tasklane',
  accessTokenTtlSeconds: 900,
  refreshTokenTtlSeconds: 7 * 24 * 3600,
  sessionTtlSeconds: 30 * 24 * 3600,
  passwordRules: { lengthMin: 8, composition: true },
  hashing: { inFlightMax: 2, queueMax: 100 },
  rateLimits: {
    logInPerMinute: 0,
    logInPerAddressPerMinute: 0,
    signUpPerHour: 0,
    refreshPerMinute: 0,
    mailPerHour: 0,
    mailPerAddressPerHour: 0,
  },
}

const origin = 'http://tasklane.test'
const defaultAddress = '192.0.2.1'

export async function createTestBackend(settings: Partial<Settings> = {}): Promise<TestBackend> {
  const statements: string[] = []
  const log: LogLine[] = []
  const mails: Mail[] = []
  const write = (level: LogLine['level']) => (details: object, message: string) =>
    void log.push({ level, message, details: { ...details } })
  let offsetSeconds = 0
  const database = await createTestDatabase({ onStatement: (statement) => statements.push(statement) })
  const dependencies = createDependencies({
    db: database.db,
    log: { info: write('info'), warn: write('warn'), error: write('error') },
    settings: { ...testSettings, ...settings },
    mailer: { appUrl: 'https://app.tasklane.test', send: async (mail) => void mails.push(mail) },
    now: () => new Date(Date.now() + offsetSeconds * 1000),
  })

  const { hasher } = dependencies
  let sharedHash: Promise<string> | undefined
  const hash = () => (sharedHash ??= hasher.hash(testPassword))
  /** They make thousands of accounts with one password, whose hash takes longer than all else. */
  const withSharedHash = () => ({ ...dependencies, hasher: { ...hasher, hash } })

  const answer = (req: Request, ipAddress: string, behind: Dependencies) => {
    const header = req.headers.get('authorization')
    const authorization = header === null ? [] : [header]
    return fetchRequestHandler({
      req,
      router: appRouter,
      endpoint: '/trpc',
      allowMethodOverride: true,
      createContext: () => createContext(behind, { authorization, ipAddress, userAgent: 'test' }),
    })
  }

  const client = (authorization?: string, ipAddress = defaultAddress, behind = dependencies) =>
    createTRPCClient<AppRouter>({
      links: [
        httpBatchLink({
          url: `${origin}/trpc`,
          transformer,
          methodOverride: 'POST',
          headers: authorization === undefined ? {} : { authorization },
          fetch: (url, init) => answer(new Request(url, init as RequestInit), ipAddress, behind),
        }),
      ],
    })

  let users = 0
  return {
    database,
    dependencies,
    log,
    mails,
    statements,
    client,
    advanceSeconds: (seconds) => {
      offsetSeconds += seconds
    },
    fetch: (path, init) => answer(new Request(`${origin}${path}`, init), defaultAddress, dependencies),
    async signUp() {
      const email = `user-${++users}@example.com`
      const { auth } = client(undefined, defaultAddress, withSharedHash())
      const signedIn = await auth.signUp.mutate({ email, password: testPassword })
      return { client: client(`Bearer ${signedIn.accessToken}`), email, password: testPassword, signedIn }
    },
    async close() {
      await dependencies.background.settled()
      await database.close()
    },
  }
}
