import { testSettings } from '@tasklane/api/testing'
import { createClient } from '@tasklane/client'
import { createTestServer } from '@tasklane/server/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  createImportBench,
  type ImportBench,
  password,
  refusedConnection,
  rowsOf,
  url,
} from '../fixtures/import.ts'
import { CommandError } from '../problems.ts'
import type { TaskRow } from './task-row.ts'

let bench: ImportBench

beforeAll(async () => {
  bench = await createImportBench()
})
afterAll(() => bench.server.close())

it('signs out at the end, also when it fails', async () => {
  const account = await bench.newAccount()
  async function* unreadable(): AsyncGenerator<TaskRow> {
    yield { line: 1, problem: '' }
    throw new CommandError('unreadable')
  }
  const refreshTokens: string[] = []
  const watched: typeof fetch = async (input, init) => {
    const answer = await bench.server.fetch(input, init)
    const [, refreshToken] = /"refreshToken":"([^"]+)"/.exec(await answer.clone().text()) ?? []
    if (refreshToken) refreshTokens.push(refreshToken)
    return answer
  }
  await bench.importInto(account, rowsOf([{ title: 'a' }]), { fetch: watched })
  await expect(bench.importInto(account, unreadable(), { fetch: watched })).rejects.toThrow('unreadable')

  expect(refreshTokens).toHaveLength(2)
  const client = createClient({ url, fetch: bench.server.fetch })
  for (const refreshToken of refreshTokens) {
    const refresh = client.auth.refresh.mutate({ refreshToken })
    await expect(refresh).rejects.toMatchObject({ data: { reason: 'REFRESH_TOKEN_INVALID' } })
  }
})

it('makes an account with --sign-up, and takes it the next time', async () => {
  const account = { user: 'New.Account@Example.com', password, signUp: true }
  expect(await bench.importInto(account, rowsOf([{ title: 'a' }]))).toMatchObject({ added: 1 })
  expect(await bench.importInto(account, rowsOf([{ title: 'a' }]))).toMatchObject({ added: 0, stored: 1 })
})

it.each([
  [
    'an unknown account',
    { user: 'nobody@example.com' },
    'Wrong username, email or password. --sign-up makes a new account.',
  ],
  [
    'a password that is too weak',
    { user: 'weak@example.com', password: 'weak', signUp: true },
    /^Sign-up failed: .*password/,
  ],
  ['no email', { user: 'nobody at all', signUp: true }, /^Sign-up failed: email: /],
])('says why it cannot sign in with %s', async (_, given, message) => {
  const rows = rowsOf([{ title: 'a' }])
  const failure = bench.importInto({ password, signUp: false, ...given }, rows)
  await expect(failure).rejects.toThrow(CommandError)
  await expect(failure).rejects.toThrow(message)
})

it('says that a password is not that of the account, and makes no second one', async () => {
  const { user } = await bench.newAccount()
  await expect(
    bench.importInto({ user, password: 'Other-Horse-2', signUp: true }, rowsOf([])),
  ).rejects.toThrow(`There is an account for ${user}, and this is not its password.`)
})

it('says how many seconds to wait after too many log-ins', async () => {
  const { user } = await bench.newAccount()
  const rateLimits = { ...testSettings.rateLimits, logInPerMinute: 1 }
  const limited = await createTestServer({ settings: { rateLimits } })
  try {
    const logIn = () =>
      bench.importInto({ user, password, signUp: false }, rowsOf([]), { fetch: limited.fetch })
    await expect(logIn()).rejects.toThrow('--sign-up makes a new account')
    const failure = logIn()
    await expect(failure).rejects.toThrow(CommandError)
    await expect(failure).rejects.toThrow(/^Log-in failed: .* \(wait ([1-9]|[1-5]\d|60) seconds?\)$/)
  } finally {
    await limited.close()
  }
})

it('says that no server answers', async () => {
  const fetch = async () => {
    throw new TypeError('fetch failed', { cause: refusedConnection })
  }
  const account = { user: 'a@example.com', password, signUp: true }
  await expect(bench.importInto(account, rowsOf([]), { fetch })).rejects.toThrow(
    'Log-in failed: the server did not answer (ECONNREFUSED)',
  )
})
