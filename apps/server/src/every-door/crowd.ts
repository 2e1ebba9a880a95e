import type { Dependencies } from '@tasklane/api'
import { testPassword } from '@tasklane/api/testing'
import { tables } from '@tasklane/db'

export interface Person {
  id: string
  email: string
  username: string
  password: string
  sessionId: string
  token: string
  refreshToken: string
}

/** People who are signed in, each handed out once. A sign-up for each would hash a password for each. */
export interface Crowd {
  person(fields?: Partial<NewUser>): Promise<Person>
}

type NewUser = Pick<typeof tables.users.$inferInsert, 'email' | 'isActive' | 'role'>

const madeAtOnce = 25

export function createCrowd(dependencies: Dependencies, passwordHash: string): Crowd {
  const { db, newId, accessTokens, refreshTokens } = dependencies
  const waiting: { id: string; username: string; sessionId: string }[] = []
  let made = 0

  async function make(count: number, fields: Partial<NewUser> = {}) {
    const users = Array.from({ length: count }, () => {
      const username = `person-${++made}`
      return { id: newId(), username, email: emailOf(username), name: 'Ada', passwordHash, ...fields }
    })
    const sessions = users.map(({ id }) => newSession(dependencies, id))
    await db.insert(tables.users).values(users)
    await db.insert(tables.sessions).values(sessions)
    return users.map(({ id, username }, index) => ({ id, username, sessionId: sessions[index]?.id ?? '' }))
  }

  return {
    async person(fields) {
      if (!fields && waiting.length === 0) waiting.push(...(await make(madeAtOnce)))
      const one = fields ? (await make(1, fields))[0] : waiting.pop()
      if (!one) throw new Error('Nobody was made')
      const { id, sessionId, username } = one
      const email = emailOf(username)
      const { token } = await accessTokens.sign({ userId: id, sessionId, email, name: null })
      const refreshToken = refreshTokens.issue({ sessionId, generation: 0 })
      return { ...one, email, password: testPassword, token, refreshToken }
    },
  }
}

const emailOf = (username: string) => `${username}@example.com`

/** The row of a session that starts now. */
export function newSession({ newId, now }: Dependencies, userId: string) {
  const [id, createdAt, expiresAt] = [newId(), now(), later(now())]
  return { id, userId, createdAt, refreshedAt: createdAt, expiresAt, endsAt: expiresAt }
}

/** Half an hour. */
export function later(instant: Date): Date {
  return new Date(instant.getTime() + 1_800_000)
}
