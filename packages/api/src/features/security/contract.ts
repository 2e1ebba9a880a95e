import { z } from 'zod'
import { Count, Id } from '../../json-form.ts'

export const Suspicious = z
  .strictObject({
    /** How far to look back, in minutes. Default 60, at most 30 days. */
    windowMinutes: z
      .int()
      .min(1)
      .max(30 * 24 * 60)
      .default(60),
    failuresMin: z
      .int()
      .min(1)
      .max(1_000_000)
      .default(10)
      .describe('Failures from which an address or an account is listed. Default 10.'),
  })
  .prefault({})
export type Suspicious = z.infer<typeof Suspicious>

const Failures = z.object({
  failures: Count,
  firstAt: z.date(),
  lastAt: z.date(),
})

export const SuspiciousReport = z.object({
  since: z.date(),
  byAddress: z
    .array(Failures.extend({ address: z.string(), accounts: Count }))
    .describe('Sources of many failures, worst first, at most 100. An IPv6 source is its /64 network.'),
  byAccount: z
    .array(Failures.extend({ userId: Id.nullable(), addresses: Count }))
    .describe(
      'Targets of many failures, worst first, at most 100. `userId` is null when no such account exists.',
    ),
})
export type SuspiciousReport = z.infer<typeof SuspiciousReport>
