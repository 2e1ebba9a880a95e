import { z } from 'zod'

export const Suspicious = z
  .strictObject({
    /** How far to look back, in minutes. Default 60, at most 30 days. */
    windowMinutes: z
      .int()
      .min(1)
      .max(30 * 24 * 60)
      .default(60),
    /** Failures from which an address or an account is listed. Default 10. */
    failuresMin: z.int().min(1).max(1_000_000).default(10),
  })
  .prefault({})
export type Suspicious = z.infer<typeof Suspicious>

const Failures = z.object({
  failures: z.number(),
  firstAt: z.date(),
  lastAt: z.date(),
})

export const SuspiciousReport = z.object({
  since: z.date(),
  /** Sources of many failures, worst first, at most 100. An IPv6 source is its /64 network. */
  byAddress: z.array(Failures.extend({ address: z.string(), accounts: z.number() })),
  /** Targets of many failures, worst first, at most 100. `userId` is null when no such account exists. */
  byAccount: z.array(Failures.extend({ userId: z.string().nullable(), addresses: z.number() })),
})
export type SuspiciousReport = z.infer<typeof SuspiciousReport>
