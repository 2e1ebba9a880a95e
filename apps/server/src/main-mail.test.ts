import { rm } from 'node:fs/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createUsedFolder, type ServerProcess, startServer } from './fixtures/server-process.ts'
import { startSmtp } from './fixtures/smtp.ts'

const account = { email: 'ada@example.com', password: 'Correct-Horse-1' }
const patient = { timeout: 15_000 }
let folder: string
let server: ServerProcess | undefined

beforeEach(async () => {
  folder = await createUsedFolder()
})

afterEach(async () => {
  await server?.end('SIGKILL')
  server = undefined
  await rm(folder, { recursive: true })
})

async function call(url: string, path: string, json: object): Promise<number> {
  const headers = { 'content-type': 'application/json' }
  const res = await fetch(`${url}/trpc/${path}`, { method: 'POST', headers, body: JSON.stringify({ json }) })
  return res.status
}

it('without a mail server, prints a link that works between whole lines of its log', async () => {
  const started = await startServer({ folder })
  server = started
  await call(started.url, 'auth.signUp', account)
  await call(started.url, 'auth.requestPasswordReset', { email: account.email })
  const link = () =>
    /^ {2}\| http:\/\/localhost:3001\/reset-password#token=(\S+)$/m.exec(started.printed())?.[1]
  await expect.poll(link, patient).toBeDefined()
  const newPassword = 'Another-Horse-2'
  expect(await call(started.url, 'auth.resetPassword', { token: link(), newPassword })).toBe(200)

  expect(started.logged().length).toBeGreaterThan(2)
  expect(JSON.stringify(started.logged())).not.toContain(link())
  expect(JSON.stringify(started.logged())).not.toContain(account.email)
}, 60_000)

it('with one, sends the mail that is on its way before it ends at SIGTERM', async () => {
  let accept: (() => void) | undefined
  const smtp = await startSmtp({
    onRcptTo: (_address, _session, done) => {
      accept = () => done()
    },
  })
  const variables = { SMTP_URL: smtp.url, MAIL_FROM: 'no-reply@example.com' }
  const started = await startServer({ folder, variables })
  server = started
  expect(started.printed()).toContain(`Mail      127.0.0.1:${smtp.port}\n`)
  expect(await call(started.url, 'auth.signUp', account)).toBe(200)
  await expect.poll(() => accept, patient).toBeDefined()

  const ended = started.end('SIGTERM')
  await expect.poll(() => started.logged().some(({ msg }) => msg === 'closing'), patient).toBe(true)
  await expect.poll(() => call(started.url, 'auth.me', {}).catch(() => 'away'), patient).toBe('away')
  accept?.()
  expect(await ended).toBe(0)
  expect(smtp.mails).toMatchObject([{ from: 'no-reply@example.com', to: [account.email] }])
  expect(started.logged().at(-1)).toMatchObject({ msg: 'closed' })
  expect(started.printed()).not.toContain('cut off')
  await smtp.close()
}, 60_000)
