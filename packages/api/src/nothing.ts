import { z } from 'zod'

/** For calls that need nothing: no input or `{}`. */
export const Nothing = z.strictObject({}).optional()
