import { adminProcedure } from '../../trpc.ts'
import { ActivityChanged, UserKey } from './contract.ts'
import { activateUser, deactivateUser } from './set-activity.ts'

export const userProcedures = {
  deactivate: adminProcedure
    .input(UserKey)
    .output(ActivityChanged)
    .mutation(({ ctx, input }) => deactivateUser(ctx, { ...input, principal: ctx.principal })),

  activate: adminProcedure
    .input(UserKey)
    .output(ActivityChanged)
    .mutation(({ ctx, input }) => activateUser(ctx, { ...input, principal: ctx.principal })),
}
