import { adminProcedure } from '../../trpc.ts'
import { Suspicious, SuspiciousReport } from './contract.ts'
import { getFailuresByAccount, getFailuresByAddress } from './queries.ts'

export const securityProcedures = {
  /** Many failures from one address or for one account, over a window. */
  suspicious: adminProcedure
    .meta({
      rest: {
        ...{ method: 'GET', path: '/security/suspicious' },
        summary: 'Many failures from one address or for one account',
      },
    })
    .input(Suspicious)
    .output(SuspiciousReport)
    .query(async ({ ctx, input: { windowMinutes, failuresMin } }) => {
      const since = new Date(ctx.now().getTime() - windowMinutes * 60_000)
      const search = { since, failuresMin }
      const [byAddress, byAccount] = await Promise.all([
        getFailuresByAddress(ctx.db, search),
        getFailuresByAccount(ctx.db, search),
      ])
      return { since, byAddress, byAccount }
    }),
}
