import { z } from 'zod'
import { Id } from '../../json-form.ts'

/** Limits of a list of sessions. */
export const sessionLimits = {
  /** The longest unused are left out. */
  listedMax: 100,
} as const

/** A live sign-in on one device. */
export const Session = z
  .object({
    id: Id,
    isCurrent: z.boolean().describe('Whether this very call was made with it.'),
    ipAddress: z.string().nullable().describe('Where it was signed in from.'),
    userAgent: z.string().nullable(),
    createdAt: z.date(),
    lastUsedAt: z.date().describe('When it was last refreshed, or signed in.'),
    expiresAt: z.date().describe('When it ends unless it is refreshed before.'),
  })
  .meta({ id: 'Session' })
export type Session = z.infer<typeof Session>

/** Last used first. */
export const SessionList = z.object({ sessions: z.array(Session) })
export type SessionList = z.infer<typeof SessionList>

export const SessionKey = z.strictObject({ id: z.guid() })
export type SessionKey = z.infer<typeof SessionKey>

/** `message` says what was done. */
export const RevokedSession = z.object({ message: z.string() })
export type RevokedSession = z.infer<typeof RevokedSession>
