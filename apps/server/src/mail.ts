import type { Mail, Mailer } from '@tasklane/api'
import { createTransport } from 'nodemailer'
import { z } from 'zod'
import type { Env } from './env.ts'

/** A mailer that may hold connections. */
export interface OpenMailer extends Mailer {
  /** Hangs up on the mail server, also in the middle of a mail. */
  close(): void
}

/** The procedures that a server without mail refuses as MAIL_UNAVAILABLE. */
export const mailProcedures = [
  'auth.requestPasswordReset',
  'auth.requestEmailVerification',
  'auth.changeEmail',
]

type MailSettings = Pick<Env, 'mail' | 'isProduction'>

/** For a server that answers, but never comes to an end. */
const sendTimeoutMilliseconds = 30_000

interface Options {
  /** Where mails are printed. Default: standard output. */
  print?: (text: string) => void
  /** How long the mail server may be silent. Default 10 000. */
  answerTimeoutMilliseconds?: number
}

/**
 * Sends mail by SMTP. Without an SMTP server it prints them, links included; in production there is
 * no mailer then.
 */
export function createMailer(
  { mail: { smtp, appUrl }, isProduction }: MailSettings,
  { print = (text) => void process.stdout.write(text), answerTimeoutMilliseconds = 10_000 }: Options = {},
): OpenMailer | undefined {
  if (smtp) return createSmtpMailer({ ...smtp, appUrl, answerTimeoutMilliseconds })
  if (isProduction) return undefined
  return { appUrl, send: async (mail) => print(readable(mail)), close: () => {} }
}

/** What is sent needs one recipient, and a subject that cannot end its header. */
const Sendable = z.object({ to: z.email(), subject: z.string().regex(/^[^\r\n]*$/), text: z.string() })

interface Smtp {
  url: string
  from: string
  appUrl: string
  answerTimeoutMilliseconds: number
}

function createSmtpMailer({ url, from, appUrl, answerTimeoutMilliseconds }: Smtp): OpenMailer {
  const transport = createTransport({
    url,
    pool: true,
    // To the end of the greeting.
    connectionTimeout: answerTimeoutMilliseconds,
    socketTimeout: answerTimeoutMilliseconds,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return {
    appUrl,
    close: () => transport.close({ force: true }),
    async send(mail) {
      const { to, subject, text } = Sendable.parse(mail)
      const content = { from, to: { name: '', address: to }, subject, text }
      const headers = { 'auto-submitted': 'auto-generated' }
      const signal = AbortSignal.timeout(sendTimeoutMilliseconds)
      await transport.sendMail({ ...content, headers, signal }).catch(tellFailure)
    },
  }
}

interface SmtpFailure extends Error {
  code?: string
  command?: string
  responseCode?: number
  response?: string
}

/** Leaves out what the mail server said: it may quote the mail, and so the link in it. */
function tellFailure({ code, command, responseCode, response, message }: SmtpFailure): never {
  const text = response === undefined ? message : `The mail server answered ${responseCode} to ${command}`
  throw Object.assign(new Error(text), { code })
}

/** No line starts as those of the JSON log do. */
function readable({ to, subject, text }: Mail): string {
  const lines = [`To: ${to}`, `Subject: ${subject}`, '', ...text.trimEnd().split('\n')]
  return `\n  Mail, printed because SMTP_URL is not set:\n${lines.map((line) => `  | ${line}`.trimEnd()).join('\n')}\n\n`
}
