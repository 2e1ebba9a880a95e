import { z } from 'zod'

/** Limits of a list of sessions. */
export const sessionLimits = {
  /** The longest unused are left out. */
  listedMax: 100,
} as const

/** A live sign-in on one device. */
export const Session = z.object({
  id: z.string(),
  /** Whether this very call was made with it. */
  isCurrent: z.boolean(),
  /** Where it was signed in from. */
  ipAddress: z.string().nullable(),
  userAgent: z.string().nullable(),
  createdAt: z.date(),
  /** When it was last refreshed, or signed in. */
  lastUsedAt: z.date(),
  /** When it ends unless it is refreshed before. */
  expiresAt: z.date(),
})
export type Session = z.infer<typeof Session>

/** Last used first. */
export const SessionList = z.object({ sessions: z.array(Session) })
export type SessionList = z.infer<typeof SessionList>

export const SessionKey = z.strictObject({ id: z.guid() })
export type SessionKey = z.infer<typeof SessionKey>

/** `message` says what was done. */
export const RevokedSession = z.object({ message: z.string() })
export type RevokedSession = z.infer<typeof RevokedSession>
