import { describe, expect, it } from 'vitest'
import { mailTokenTtlSeconds } from './mail-tokens.ts'
import { emailChangedMail, passwordChangedMail, passwordResetMail, verificationMail } from './messages.ts'

const to = 'someone@example.com'
const link = { to, appUrl: 'https://app.example.com', token: 'a-token' }

describe.each([
  ['verify-email', verificationMail(link)],
  ['reset-password', passwordResetMail(link)],
])('the mail with a link to %s', (page, mail) => {
  it('goes to the address and opens a page that no server sees the token of', () => {
    expect(mail.to).toBe(to)
    const [url] = /https:\S+/.exec(mail.text) ?? []
    expect(url).toBe(`https://app.example.com/${page}#token=a-token`)
    expect(new URL(url ?? '').search).toBe('')
    expect(mail.subject).not.toContain('a-token')
  })

  it('says how long the link works', () => {
    expect(mail.text).toContain(`for ${mailTokenTtlSeconds / 60} minutes`)
  })
})

it.each([
  ['a password', passwordChangedMail({ to })],
  ['an address', emailChangedMail({ to })],
])('the mail about %s that was changed has no link to follow', (_what, mail) => {
  expect(mail.to).toBe(to)
  expect(mail.text).not.toMatch(/https?:/)
})

it.each([
  verificationMail(link),
  passwordResetMail(link),
  passwordChangedMail({ to }),
  emailChangedMail({ to }),
])('a subject is one line: $subject', ({ subject }) => {
  expect(subject).toMatch(/^[\w ]+$/)
})
