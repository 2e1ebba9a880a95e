import { tables } from '@tasklane/db'
import type { TRPCClient } from '@trpc/client'
import { eq } from 'drizzle-orm'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AppRouter } from '../../router.ts'
import { createTestBackend, type TestBackend, testPassword } from '../../testing.ts'
import { apiTokenClient } from './fixtures/callers.ts'

let backend: TestBackend

beforeAll(async () => {
  backend = await createTestBackend()
})
afterAll(() => backend.close())

type Client = TRPCClient<AppRouter>
const email = 'elsewhere@example.com'
const passwords = { currentPassword: testPassword, newPassword: 'Another-Horse-2' }

/** What a person does with the account, each with good input. */
const calls: [string, (client: Client) => Promise<unknown>][] = [
  ['updateProfile', ({ auth }) => auth.updateProfile.mutate({ name: 'Ada' })],
  ['changeEmail', ({ auth }) => auth.changeEmail.mutate({ email, currentPassword: testPassword })],
  ['requestEmailVerification', ({ auth }) => auth.requestEmailVerification.mutate()],
  ['changePassword', ({ auth }) => auth.changePassword.mutate(passwords)],
  ['deleteAccount', ({ auth }) => auth.deleteAccount.mutate({ currentPassword: testPassword })],
  ['exportData', ({ auth }) => auth.exportData.query()],
]

describe.each([...calls, ['events', ({ auth }: Client) => auth.events.query()] as const])(
  'auth.%s',
  (_name, call) => {
    it('refuses whoever is not signed in', async () => {
      await expect(call(backend.client())).rejects.toMatchObject({
        data: { httpStatus: 401, reason: 'AUTHENTICATION_REQUIRED' },
      })
    })

    it('refuses an API token, whatever its scope', async () => {
      const client = await apiTokenClient(backend, await backend.signUp())
      await expect(call(client)).rejects.toMatchObject({
        data: { httpStatus: 403, reason: 'SIGN_IN_REQUIRED' },
      })
    })
  },
)

describe.each(calls)('auth.%s', (_name, call) => {
  it('refuses an account that was deactivated elsewhere just now, and changes nothing', async () => {
    const { db } = backend.database
    const { client, signedIn } = await backend.signUp()
    const { users } = tables
    const isUser = eq(users.id, signedIn.user.id)
    const [before] = await db.update(users).set({ isActive: false }).where(isUser).returning()
    await expect(call(client)).rejects.toMatchObject({ data: { httpStatus: 401, reason: 'TOKEN_INVALID' } })
    expect(await db.select().from(users).where(isUser)).toEqual([before])
  })
})
