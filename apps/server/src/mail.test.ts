import { createDependencies } from '@tasklane/api'
import { createTestBackend, type TestBackend, testPassword, testSettings } from '@tasklane/api/testing'
import type { FastifyInstance } from 'fastify'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildApp } from './app.ts'
import { trpcErrorOf } from './fixtures/answers.ts'
import { captureLog } from './fixtures/captured-log.ts'
import { post } from './fixtures/refused.ts'
import { type ReceivedMail, startSmtp, type TestSmtp } from './fixtures/smtp.ts'
import { createTcpProxy } from './fixtures/tcp-proxy.ts'
import { createMailer, mailProcedures, type OpenMailer } from './mail.ts'

const appUrl = 'https://app.example.com'
const from = 'Tasklane <no-reply@example.com>'
const link = `${appUrl}/reset-password#token=${'aB3_-'.repeat(9)}`
const mail = {
  to: 'ada@example.com',
  subject: 'Choose a new password',
  text: `Open this link.\n\n${link}\n\nIf you did not ask for this, do nothing.\n`,
}
const patient = { timeout: 15_000 }
const toClose: { close(): unknown }[] = []

afterEach(async () => {
  for (const open of toClose.splice(0).reverse()) await open.close()
})

async function serveSmtp(options?: Parameters<typeof startSmtp>[0]): Promise<TestSmtp> {
  const smtp = await startSmtp(options)
  toClose.push(smtp)
  return smtp
}

function mailerTo(url: string, answerTimeoutMilliseconds?: number): OpenMailer {
  const env = { mail: { smtp: { url, from }, appUrl }, isProduction: true }
  const mailer = createMailer(
    env,
    answerTimeoutMilliseconds === undefined ? {} : { answerTimeoutMilliseconds },
  )
  if (!mailer) throw new Error('There is no mailer.')
  toClose.push(mailer)
  return mailer
}

const failureOf = (sent: Promise<void>) =>
  sent.then(
    () => 'sent',
    (error: unknown) => error,
  )

describe('a mail', () => {
  it('arrives as it was written, link and all', async () => {
    const smtp = await serveSmtp()
    await mailerTo(smtp.url).send(mail)
    expect(smtp.mails).toMatchObject([
      { from: 'no-reply@example.com', to: ['ada@example.com'], text: mail.text },
    ])
    expect(smtp.mails[0]?.headers).toMatchObject({
      from: [from],
      to: ['ada@example.com'],
      subject: [mail.subject],
      'auto-submitted': ['auto-generated'],
      'content-type': ['text/plain; charset=utf-8'],
    })
  })

  it('keeps its characters, and a line of any length', async () => {
    const smtp = await serveSmtp()
    const text = `Grüße, 你好 🙂\n${'long '.repeat(400)}\n.\n.dot\n${link}\n`
    await mailerTo(smtp.url).send({ ...mail, text })
    expect(smtp.mails.map((each) => each.text)).toEqual([text])
  })

  it('is one of many on few connections', async () => {
    const smtp = await serveSmtp()
    const mailer = mailerTo(smtp.url)
    const addresses = Array.from({ length: 40 }, (_, index) => `user-${index}@example.com`)
    let most = 0
    const send = async (to: string) => {
      await mailer.send({ ...mail, to })
      most = Math.max(most, smtp.connections())
    }
    await Promise.all(addresses.map(send))
    expect(smtp.mails.flatMap(({ to }) => to).sort()).toEqual(addresses.sort())
    expect(most).toBeLessThanOrEqual(5)
  })
})

describe('no header can be smuggled in', () => {
  it.each([
    ['a line break in the subject', { subject: 'Hello\r\nBcc: eve@example.com' }],
    ['a bare line feed in the subject', { subject: 'Hello\nBcc: eve@example.com' }],
    ['a bare carriage return in the subject', { subject: 'Hello\rBcc: eve@example.com' }],
    ['a line break in the recipient', { to: 'ada@example.com\r\nBcc: eve@example.com' }],
    ['a bare line feed in the recipient', { to: 'ada@example.com\nBcc: eve@example.com' }],
    ['two recipients', { to: 'ada@example.com, eve@example.com' }],
    ['a recipient beside the address', { to: 'eve@example.com <ada@example.com>' }],
    ['a command in the recipient', { to: 'ada@example.com> RCPT TO:<eve@example.com' }],
    ['no recipient', { to: '' }],
  ])('by %s', async (_what, changes) => {
    const smtp = await serveSmtp()
    const mailer = mailerTo(smtp.url)
    expect(await failureOf(mailer.send({ ...mail, ...changes }))).toBeInstanceOf(Error)
    await mailer.send(mail)
    expect(smtp.mails.map(({ to }) => to)).toEqual([['ada@example.com']])
    expect(smtp.mails[0]?.headers).not.toHaveProperty('bcc')
  })

  it('by a text that looks like headers', async () => {
    const smtp = await serveSmtp()
    const text = 'Bcc: eve@example.com\n\n.\nRCPT TO:<eve@example.com>\n'
    await mailerTo(smtp.url).send({ ...mail, text })
    expect(smtp.mails).toMatchObject([{ to: ['ada@example.com'], text }])
    expect(smtp.mails[0]?.headers).not.toHaveProperty('bcc')
  })
})

describe('the mail server', () => {
  const password = 'p@ss:w/ö?d#1'
  const account = `user:${encodeURIComponent(password)}`

  it('is signed in to with the account of the URL', async () => {
    const smtp = await serveSmtp({
      authOptional: false,
      onAuth: ({ username, password: given }, _session, done) =>
        done(username === 'user' && given === password ? null : new Error('Wrong'), { user: 'user' }),
    })
    await mailerTo(smtp.url.replace('//', `//${account}@`)).send(mail)
    expect(smtp.mails).toHaveLength(1)
    const wrong = await failureOf(mailerTo(smtp.url.replace('//', '//user:hunter2@')).send(mail))
    expect(wrong).toMatchObject({ message: 'The mail server answered 535 to AUTH PLAIN', code: 'EAUTH' })
    expect(smtp.mails).toHaveLength(1)
  })

  it('is trusted only with a certificate that is good, unless told', async () => {
    const smtp = await serveSmtp({ disabledCommands: [] })
    expect(await failureOf(mailerTo(smtp.url).send(mail))).toMatchObject({
      message: expect.stringMatching(/certificate/),
    })
    expect(smtp.mails).toEqual([])
    await mailerTo(`${smtp.url}?tls.rejectUnauthorized=false`).send(mail)
    expect(smtp.mails).toHaveLength(1)
  })

  it('must offer TLS where it is required', async () => {
    const smtp = await serveSmtp()
    expect(await failureOf(mailerTo(`${smtp.url}?requireTLS=true`).send(mail))).toBeInstanceOf(Error)
    expect(smtp.mails).toEqual([])
  })

  it('that is away is found again', async () => {
    const smtp = await serveSmtp()
    const proxy = await createTcpProxy({ host: '127.0.0.1', port: smtp.port })
    toClose.push({ close: () => proxy.cut() })
    const mailer = mailerTo(`smtp://127.0.0.1:${proxy.port}`)
    await mailer.send(mail)
    await proxy.cut()
    expect(await failureOf(mailer.send(mail))).toBeInstanceOf(Error)
    await proxy.restore()
    await mailer.send(mail)
    expect(smtp.mails).toHaveLength(2)
  })

  it.each([
    ['never greets', { onConnect: () => {} }],
    ['falls silent', { onRcptTo: () => {} }],
  ])('that %s is given up', async (_when, silence) => {
    const smtp = await serveSmtp(silence)
    const error = await failureOf(mailerTo(smtp.url, 500).send(mail))
    expect(error).toMatchObject({ code: 'ETIMEDOUT' })
  })

  it('is hung up on when the mailer closes, also in the middle of a mail', async () => {
    let isInTheMiddle = false
    const onRcptTo = () => {
      isInTheMiddle = true
    }
    const smtp = await serveSmtp({ onRcptTo })
    const mailer = mailerTo(smtp.url, 60_000)
    const sent = failureOf(mailer.send(mail))
    await expect.poll(() => isInTheMiddle, patient).toBe(true)
    mailer.close()
    expect(await sent).toBeInstanceOf(Error)
    await expect.poll(smtp.connections, patient).toBe(0)
  })
})

describe('a server that sends mail', () => {
  let backend: TestBackend
  let accounts = 0
  beforeAll(async () => {
    backend = await createTestBackend()
  })
  afterAll(() => backend.close())

  async function serve(mailer: OpenMailer | undefined) {
    const captured = captureLog()
    const { db } = backend.database
    const dependencies = createDependencies({ db, log: captured.log, settings: testSettings, mailer })
    const app: FastifyInstance = await buildApp({
      dependencies,
      isReady: async () => true,
      log: captured.log,
    })
    const email = `mailed-${++accounts}@example.com`
    await app.inject(post('auth.signUp', { json: { email, password: testPassword } }))
    const call = (path: string, json: object) => app.inject(post(path, { json }))
    return { captured, email, call, settled: () => dependencies.background.settled() }
  }
  const tokenIn = (received: ReceivedMail | undefined) =>
    /#token=([\w-]{20,})/.exec(received?.text ?? '')?.[1] ?? ''

  it('mails a link that works', async () => {
    const smtp = await serveSmtp()
    const { email, call, settled } = await serve(mailerTo(smtp.url))
    expect((await call('auth.requestPasswordReset', { email })).statusCode).toBe(200)
    await settled()
    const reset = smtp.mails.find(({ text }) => text.includes(`${appUrl}/reset-password#token=`))
    expect(reset?.to).toEqual([email])
    const password = 'Another-Horse-2'
    expect(
      (await call('auth.resetPassword', { token: tokenIn(reset), newPassword: password })).statusCode,
    ).toBe(200)
    expect((await call('auth.logIn', { usernameOrEmail: email, password })).statusCode).toBe(200)
  })

  it('logs that a mail could not be sent, and neither its link nor whom it was for', async () => {
    const smtp = await serveSmtp({ refusal: ({ raw }) => raw.replace(/\s+/g, ' ') })
    const { captured, email, call, settled } = await serve(mailerTo(smtp.url))
    await settled()
    captured.clear()
    expect((await call('auth.requestPasswordReset', { email })).statusCode).toBe(200)
    await settled()
    const token = tokenIn(smtp.mails.at(-1))
    expect(token).not.toBe('')
    const failures = captured.entries().filter(({ level }) => level === 50)
    expect(failures).toMatchObject([
      {
        error: { message: 'The mail server answered 554 to DATA', code: 'EMESSAGE' },
        name: expect.any(String),
      },
    ])
    expect(captured.text()).not.toContain(token)
    expect(captured.text()).not.toContain(email)
  })

  it('logs that the mail server cannot be reached', async () => {
    const { captured, email, call, settled } = await serve(mailerTo('smtp://127.0.0.1:1'))
    expect((await call('auth.requestPasswordReset', { email })).statusCode).toBe(200)
    await settled()
    expect(captured.text()).toContain('ECONNREFUSED')
    expect(captured.text()).not.toContain('#token=')
  })

  it('without a mailer refuses exactly the procedures that the log warns of', async () => {
    const { call } = await serve(undefined)
    const { signedIn, client, password } = await backend.signUp()
    expect(signedIn.user.emailVerified).toBe(false)
    const app = await buildApp({
      dependencies: { ...backend.dependencies, mailer: undefined },
      isReady: async () => true,
    })
    const headers = { authorization: `Bearer ${signedIn.accessToken}` }
    const inputs: Record<string, object | undefined> = {
      'auth.requestPasswordReset': { email: 'ada@example.com' },
      'auth.requestEmailVerification': undefined,
      'auth.changeEmail': { email: 'grace@example.com', currentPassword: password },
    }
    expect(Object.keys(inputs).sort()).toEqual([...mailProcedures].sort())
    for (const [path, json] of Object.entries(inputs)) {
      const res = await app.inject(post(path, { json }, headers))
      expect([path, trpcErrorOf(res.json()).data.reason]).toEqual([path, 'MAIL_UNAVAILABLE'])
    }
    expect((await call('auth.logIn', { usernameOrEmail: 'a', password: 'b' })).statusCode).toBe(401)
    expect((await client.auth.me.query()).id).toBe(signedIn.user.id)
  })
})

describe('without SMTP_URL', () => {
  it('prints mails with their links, in lines that are not of the JSON log', async () => {
    let printed = ''
    const print = (text: string) => {
      printed += text
    }
    const mailer = createMailer({ mail: { smtp: undefined, appUrl }, isProduction: false }, { print })
    await mailer?.send({ ...mail, text: `{"level":30}\n${link}\n` })
    expect(printed).toContain(link)
    expect(printed).toContain('To: ada@example.com')
    expect(printed).toMatch(/^\n[\s\S]*\n\n$/)
    expect(printed.split('\n').filter((line) => line !== '' && !line.startsWith('  '))).toEqual([])
  })

  it('has no mailer in production', () => {
    expect(createMailer({ mail: { smtp: undefined, appUrl }, isProduction: true })).toBeUndefined()
  })
})
