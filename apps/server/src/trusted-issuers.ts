import type { TrustedIssuer } from '@tasklane/api'
import { z } from 'zod'
import { oneOf, secret } from './variable-types.ts'

const nameLengthMax = 255
const asymmetric = ['EdDSA', 'ES256', 'RS256'] as const
const loopbackHosts = /^(localhost|127(\.\d+){3}|\[::1\])$/

const nameError = `Must be a text of 1 to ${nameLengthMax} characters, none of them a control character`
const urlError = 'Must be an https URL. http is for this machine only, such as localhost'

const name = z
  .string(nameError)
  .refine((value) => value.length > 0 && value.length <= nameLengthMax && isPlain(value), nameError)

const Entry = z
  .strictObject(
    {
      issuer: name,
      audience: name,
      algorithms: z.array(oneOf(['HS256', ...asymmetric]), 'Must be a list').min(1, 'Must name at least one'),
      jwksUrl: z.string(urlError).refine(isKeysUrl, urlError).optional(),
      secret: secret.optional(),
      default: z.boolean('Must be true or false').optional(),
    },
    'Must be an object',
  )
  .superRefine(({ jwksUrl, secret, algorithms }, ctx) => {
    if ((jwksUrl === undefined) === (secret === undefined)) {
      ctx.addIssue('Must have either jwksUrl or secret')
      return
    }
    const isShared = (algorithm: string) => algorithm === 'HS256'
    const isRight = secret === undefined ? !algorithms.some(isShared) : algorithms.every(isShared)
    const message = `Must be ${secret === undefined ? 'of EdDSA, ES256 and RS256 with jwksUrl' : '["HS256"] with secret'}`
    if (!isRight) ctx.addIssue({ code: 'custom', path: ['algorithms'], message })
  })

const Entries = z
  .array(
    Entry,
    'Must be a JSON array, such as [{"issuer":"…","audience":"…","jwksUrl":"…","algorithms":["EdDSA"]}]',
  )
  .superRefine((entries, ctx) => {
    const issuers = entries.map(({ issuer }) => issuer)
    for (const [index, issuer] of issuers.entries()) {
      const isSecond = issuers.indexOf(issuer) < index
      if (isSecond) ctx.addIssue({ code: 'custom', path: [index, 'issuer'], message: 'Stands here twice' })
    }
    const [, second] = entries.flatMap((entry, index) => (entry.default ? [index] : []))
    const message = 'Must be true for one entry at most'
    if (second !== undefined) ctx.addIssue({ code: 'custom', path: [second, 'default'], message })
  })

/** The identity providers whose tokens are accepted, as JSON. An error names the entry and its member. */
export const trustedIssuers = z.string().transform((text, ctx): readonly Readonly<TrustedIssuer>[] => {
  const parsed = Entries.safeParse(jsonOf(text))
  if (parsed.success) return freeze(parsed.data)
  for (const message of parsed.error.issues.flatMap(messagesOf)) ctx.addIssue(message)
  return z.NEVER
})

function messagesOf(issue: z.core.$ZodIssue): string[] {
  const [index, ...path] = issue.path
  if (index === undefined) return [issue.message]
  const at = (member: PropertyKey[]) => [
    `entry ${Number(index) + 1}`,
    ...(member.length ? [member.join('.')] : []),
  ]
  if (issue.code !== 'unrecognized_keys') return [`${at(path).join(', ')}: ${issue.message}`]
  return issue.keys.map((key) => `${at([key]).join(', ')}: Is unknown`)
}

function freeze(issuers: TrustedIssuer[]): readonly Readonly<TrustedIssuer>[] {
  for (const issuer of issuers) Object.freeze(Object.freeze(issuer).algorithms)
  return Object.freeze(issuers)
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function isPlain(value: string): boolean {
  return value.isWellFormed() && !/\p{Cc}/u.test(value)
}

function isKeysUrl(value: string): boolean {
  if (!/^https?:\/\//.test(value) || !URL.canParse(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  const isSafe = protocol === 'https:' || loopbackHosts.test(hostname)
  return isSafe && username === '' && password === ''
}
