import { z } from 'zod'

export const UserKey = z.strictObject({ id: z.guid().toLowerCase() })
export type UserKey = z.infer<typeof UserKey>

/** `message` says what was done. */
export const ActivityChanged = z.object({ message: z.string() })
export type ActivityChanged = z.infer<typeof ActivityChanged>
