import { keyed } from '../../idempotency/keyed.ts'
import { adminProcedure } from '../../trpc.ts'
import { ActivityChanged, UserKey } from './contract.ts'
import { activateUser, deactivateUser } from './set-activity.ts'

export const userProcedures = {
  deactivate: adminProcedure
    .meta({
      errors: ['USER_NOT_FOUND', 'SELF_DEACTIVATION'],
      isKeyed: true,
      changes: [],
      rest: {
        ...{ method: 'POST', path: '/users/{id}/deactivate' },
        summary: 'Let a user sign in no more',
        description: 'Every token of the user is refused at once.',
      },
    })
    .input(UserKey)
    .output(ActivityChanged)
    .mutation(keyed((ctx, input: UserKey) => deactivateUser(ctx, { ...input, principal: ctx.principal }))),

  activate: adminProcedure
    .meta({
      errors: ['USER_NOT_FOUND'],
      isKeyed: true,
      changes: [],
      rest: {
        ...{ method: 'POST', path: '/users/{id}/activate' },
        summary: 'Let a user sign in again',
      },
    })
    .input(UserKey)
    .output(ActivityChanged)
    .mutation(keyed((ctx, input: UserKey) => activateUser(ctx, { ...input, principal: ctx.principal }))),
}
