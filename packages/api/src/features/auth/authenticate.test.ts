import { SignJWT } from 'jose'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser, testSettings } from '../../testing.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
  user = await backend.signUp()
})
afterAll(() => backend.close())

const secret = Buffer.from(testSettings.jwtSecret)
const id = '01890a5d-ac96-774b-bcce-b302099a8057'
const ours = { iss: 'tasklane', aud: 'tasklane', sub: id, sid: id, jti: id }

interface Forgery {
  header?: object
  claims?: Record<string, unknown>
  key?: Uint8Array
}

async function forged({ header = {}, claims = {}, key = secret }: Forgery = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000)
  return await new SignJWT({ ...ours, iat: now, exp: now + 900, ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt', ...header })
    .sign(key)
}

function unsigned(header: object): string {
  const now = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part(header)}.${part({ ...ours, iat: now, exp: now + 900 })}.`
}

it('accepts a token of ours', async () => {
  expect(await backend.dependencies.accessTokens.verify(await forged())).toEqual({
    kind: 'user',
    userId: id,
    sessionId: id,
  })
})

const texts: Record<string, string> = {
  AUTHENTICATION_REQUIRED: 'Authentication required',
  TOKEN_INVALID: 'Invalid or expired token',
  TOKEN_EXPIRED: 'Token expired',
  TOKEN_FORMAT_INVALID: 'Invalid token format',
}

const seconds = () => Math.floor(Date.now() / 1000)

const refused: [string, string, () => Promise<string> | string][] = [
  ['no token at all', 'AUTHENTICATION_REQUIRED', () => ''],
  ['another kind of credential', 'TOKEN_INVALID', () => 'Basic dXNlcjpwYXNz'],
  ['a lower-case bearer', 'TOKEN_INVALID', async () => `bearer ${await forged()}`],
  ['two spaces', 'TOKEN_INVALID', async () => `Bearer  ${await forged()}`],
  ['something after the token', 'TOKEN_INVALID', async () => `Bearer ${await forged()} x`],
  ['nonsense', 'TOKEN_INVALID', () => 'Bearer nonsense'],
  ['two parts', 'TOKEN_INVALID', async () => `Bearer ${(await forged()).split('.').slice(0, 2).join('.')}`],
  ['alg none', 'TOKEN_INVALID', () => `Bearer ${unsigned({ alg: 'none', typ: 'at+jwt' })}`],
  ['an empty signature', 'TOKEN_INVALID', () => `Bearer ${unsigned({ alg: 'HS256', typ: 'at+jwt' })}`],
  ['another secret', 'TOKEN_INVALID', async () => `Bearer ${await forged({ key: Buffer.alloc(32, 1) })}`],
  [
    'another algorithm',
    'TOKEN_INVALID',
    async () => `Bearer ${await forged({ header: { alg: 'HS512' }, key: Buffer.alloc(64, 1) })}`,
  ],
  ['another typ', 'TOKEN_INVALID', async () => `Bearer ${await forged({ header: { typ: 'JWT' } })}`],
  ['another issuer', 'TOKEN_INVALID', async () => `Bearer ${await forged({ claims: { iss: 'other' } })}`],
  ['another audience', 'TOKEN_INVALID', async () => `Bearer ${await forged({ claims: { aud: 'other' } })}`],
  ['no expiry', 'TOKEN_INVALID', async () => `Bearer ${await forged({ claims: { exp: undefined } })}`],
  [
    'no subject',
    'TOKEN_FORMAT_INVALID',
    async () => `Bearer ${await forged({ claims: { sub: undefined } })}`,
  ],
  [
    'a subject that is not a UUID',
    'TOKEN_INVALID',
    async () => `Bearer ${await forged({ claims: { sub: 'admin' } })}`,
  ],
  ['no session', 'TOKEN_INVALID', async () => `Bearer ${await forged({ claims: { sid: undefined } })}`],
  [
    'an expired token',
    'TOKEN_EXPIRED',
    async () => `Bearer ${await forged({ claims: { exp: seconds() - 6 } })}`,
  ],
  [
    'a token that is older than ours get, whatever it says',
    'TOKEN_EXPIRED',
    async () => `Bearer ${await forged({ claims: { iat: seconds() - 906, exp: seconds() + 900 } })}`,
  ],
  [
    'a token that was made in the future',
    'TOKEN_INVALID',
    async () => `Bearer ${await forged({ claims: { iat: seconds() + 60, exp: seconds() + 900 } })}`,
  ],
  [
    'a token that starts later',
    'TOKEN_INVALID',
    async () => `Bearer ${await forged({ claims: { nbf: seconds() + 60 } })}`,
  ],
  [
    'a token over 8 KiB',
    'TOKEN_INVALID',
    async () => `Bearer ${await forged({ claims: { pad: 'x'.repeat(9000) } })}`,
  ],
  ['a second spelling of the signature', 'TOKEN_INVALID', async () => `Bearer ${respelled(await forged())}`],
]

/** The last character of a 32-byte signature holds two bits that decode to nothing. */
function respelled(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
  const last = alphabet.indexOf(token.at(-1) ?? '')
  return token.slice(0, -1) + alphabet[last ^ 1]
}

it.each(refused)('refuses %s with %s, logging it once', async (_what, reason, authorization) => {
  backend.log.length = 0
  const header = await authorization()
  const client = backend.client(header)
  const calls = [client.auth.me.query(), client.tasks.list.query(), client.auth.me.query()]
  for (const call of calls) {
    await expect(call).rejects.toMatchObject({
      message: texts[reason],
      data: { code: 'UNAUTHORIZED', httpStatus: 401, reason },
    })
  }
  expect(backend.log).toEqual([
    {
      level: 'info',
      message: 'authentication failed',
      details: { event: 'authentication_failed', reason, ipAddress: '192.0.2.1' },
    },
  ])
})

it('lets a public procedure be called with a bad token', async () => {
  const logIn = { usernameOrEmail: user.email, password: user.password }
  expect(await backend.client('Bearer nonsense').auth.logIn.mutate(logIn)).toMatchObject({
    tokenType: 'Bearer',
  })
})

it('verifies a token once, and again only for what can change', async () => {
  const verify = () => backend.dependencies.accessTokens.verify(user.signedIn.accessToken)
  backend.statements.length = 0
  const [first, second] = [await verify(), await verify()]
  expect(second).toBe(first)
  expect(backend.statements).toEqual([])
})
