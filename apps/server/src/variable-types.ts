import addressparser from 'nodemailer/lib/addressparser'
import { z } from 'zod'
import { isPublicSecret } from './public-secrets.ts'

const secretBytesMin = 32
const tenYearsInSeconds = 10 * 365 * 24 * 3600

export function wholeNumber(fallback: number, { min = 0, max = 1_000_000 } = {}) {
  const error = `Must be a whole number from ${min} to ${max}`
  return z
    .string()
    .trim()
    .regex(/^\d+$/, { error, abort: true })
    .transform(Number)
    .refine((value) => value >= min && value <= max, { error })
    .default(fallback)
}

export const seconds = (fallback: number) => wholeNumber(fallback, { min: 1, max: tenYearsInSeconds })

export const oneOf = <const Word extends string>(words: readonly Word[]) =>
  z.enum(words, { error: `Must be ${words.join(', ')}`.replace(/, (?=[^,]*$)/, ' or ') })

export const onOff = oneOf(['true', 'false']).transform((value) => value === 'true')

const list = z.string().transform((value) =>
  value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean),
)

const origin = z.string().refine(isOrigin, {
  error: 'Must be exact origins, such as https://app.example.com, separated by commas',
})

export const origins = list.pipe(z.array(origin))

export const trustProxy = z.union(
  [
    z
      .string()
      .regex(/^[1-9]\d?$/)
      .transform(Number),
    list.pipe(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))),
  ],
  {
    error: 'Must be a number of proxies, or their addresses separated by commas',
  },
)

const secretError = `Must have at least ${secretBytesMin} bytes. Make one: openssl rand -base64 48`

export const secret = z
  .string(secretError)
  .refine((value) => Buffer.byteLength(value) >= secretBytesMin, { error: secretError, abort: true })
  .refine((value) => !isPublicSecret(value), {
    error: 'Is publicly known. Make one of your own: openssl rand -base64 48',
  })

export const postgresUrl = z.string().refine(isPostgresUrl, {
  error: 'Must be like postgres://user:password@host:5432/database, special characters percent-encoded',
})

/** What may follow `?`. Any other option of the mailer could make it write mails into the log. */
const smtpOptions = ['requireTLS', 'ignoreTLS', 'tls.rejectUnauthorized']

export const smtpUrl = z.string().refine(isSmtpUrl, {
  error:
    'Must be like smtp://user:password@host:587 or smtps://host:465, special characters percent-encoded. ' +
    `After "?" may stand ${smtpOptions.join(', ')}, as true or false`,
})

export const mailFrom = z.string().refine(isMailbox, {
  error: 'Must be one address, such as no-reply@example.com or Tasklane <no-reply@example.com>',
})

export const pageUrl = z.string().refine(isPageUrl, {
  error: 'Must be like https://app.example.com, without a slash, "?" or "#" at its end',
})

function isOrigin(value: string): boolean {
  return /^https?:\/\/[^*]+$/.test(value) && URL.canParse(value) && new URL(value).origin === value
}

function isPageUrl(value: string): boolean {
  if (!/^https?:\/\/[^*?#@]+[^*?#@/]$/.test(value) || !URL.canParse(value)) return false
  const { href } = new URL(value)
  return href === value || href === `${value}/`
}

function isPostgresUrl(value: string): boolean {
  return /^postgres(ql)?:\/\//.test(value) && isDecodable(value)
}

function isSmtpUrl(value: string): boolean {
  if (!/^smtps?:\/\/[^/?#\s]+\/?(\?[^#\s]*)?$/.test(value) || !isDecodable(value)) return false
  const { hostname, searchParams } = new URL(value)
  const isOption = ([name, setting]: [string, string]) =>
    smtpOptions.includes(name) && (setting === 'true' || setting === 'false')
  return hostname !== '' && [...searchParams].every(isOption)
}

function isDecodable(url: string): boolean {
  try {
    decodeURIComponent(new URL(url).href)
    return true
  } catch {
    return false
  }
}

function isMailbox(value: string): boolean {
  const [mailbox, ...others] = addressparser(value)
  const isOne = others.length === 0 && z.email().safeParse(mailbox?.address).success
  return isOne && !/\p{Cc}/u.test(value)
}
