import { createHash, randomBytes } from 'node:crypto'
import type { tables } from '@tasklane/db'
import type { Context } from '../context.ts'

/** Life of a token that was sent by mail. */
export const mailTokenTtlSeconds = 1800

const tokenBytes = 32

/** A row of `mail_tokens`. */
export type MailTokenRow = typeof tables.mailTokens.$inferInsert

/** Makes a token that is good once, and the row that knows only its hash. */
export function newMailToken(
  { now }: Pick<Context, 'now'>,
  about: Pick<MailTokenRow, 'userId' | 'purpose' | 'email'>,
): { token: string; row: MailTokenRow } {
  const token = randomBytes(tokenBytes).toString('base64url')
  const createdAt = now()
  const expiresAt = new Date(createdAt.getTime() + mailTokenTtlSeconds * 1000)
  return { token, row: { ...about, tokenHash: hashMailToken(token), createdAt, expiresAt } }
}

export function hashMailToken(token: string): Uint8Array {
  return createHash('sha256').update(token).digest()
}
