import { readdir } from 'node:fs/promises'
import { createCaller, createContext } from '@tasklane/api'
import { writeEmbeddedDatabase } from '@tasklane/db/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openQuietly, settingsOf } from '../fixtures/embedded.ts'
import { createFolder } from '../fixtures/folder.ts'
import { describeSuspicious, getSuspicious } from './report.ts'

let folder: Awaited<ReturnType<typeof createFolder>>
let userId: string

beforeAll(async () => {
  folder = await createFolder()
  await writeEmbeddedDatabase(folder.path)
  const { database, dependencies } = await openQuietly(settingsOf(folder.path))
  const from = (ipAddress: string) => createCaller(createContext(dependencies, { ipAddress }))
  const email = 'target@example.com'
  const signedUp = await from('192.0.2.1').auth.signUp({ email, password: 'Correct-Horse-1' })
  userId = signedUp.user.id
  for (let attempt = 0; attempt < 3; attempt += 1) {
    const logIn = from('192.0.2.66').auth.logIn({ usernameOrEmail: email, password: 'wrong' })
    await expect(logIn).rejects.toThrow()
  }
  await expect(from('192.0.2.77').auth.logIn({ usernameOrEmail: 'x@y.z', password: 'w' })).rejects.toThrow()
  await database.close()
}, 60_000)
afterAll(() => folder.remove())

it('lists who failed often, by address and by account', async () => {
  const report = await getSuspicious(settingsOf(folder.path), { windowMinutes: 60, failuresMin: 3 })
  expect(report.byAddress).toMatchObject([{ address: '192.0.2.66', failures: 3, accounts: 1 }])
  expect(report.byAccount).toMatchObject([{ userId, failures: 3, addresses: 1 }])

  const text = describeSuspicious(report)
  expect(text).toMatch(/By address\n +address +failures .*\n +192\.0\.2\.66 +3 +1 +\d{4}-/)
  expect(text).toMatch(new RegExp(`By account\n +account +failures .*\n +${userId} +3 +1 +\\d{4}-`))
})

it('marks failures for an account that does not exist', async () => {
  const report = await getSuspicious(settingsOf(folder.path), { windowMinutes: 60, failuresMin: 1 })
  expect(describeSuspicious(report)).toContain('(no such account)')
})

it('says that nobody failed that often', async () => {
  const report = await getSuspicious(settingsOf(folder.path), { windowMinutes: 60, failuresMin: 100 })
  expect(describeSuspicious(report)).toMatch(/By address\n {2}none\n\nBy account\n {2}none$/)
})

it('says what to do while a server has the embedded database open', async () => {
  const { database } = await openQuietly(settingsOf(folder.path))
  try {
    const failure = getSuspicious(settingsOf(folder.path), { windowMinutes: 60, failuresMin: 10 })
    await expect(failure).rejects.toThrow(`open in process ${process.pid}. Stop that process first`)
  } finally {
    await database.close()
  }
})

it('makes no embedded database where there is none', async () => {
  const empty = await createFolder()
  try {
    const failure = getSuspicious(settingsOf(empty.path), { windowMinutes: 60, failuresMin: 10 })
    await expect(failure).rejects.toThrow(`There is no embedded database in ${empty.path}.`)
    expect(await readdir(empty.path)).toEqual([])
  } finally {
    await empty.remove()
  }
})
