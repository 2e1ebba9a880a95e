import type { TRPCBuiltRouter } from '@trpc/server'
import { accountProcedures } from './features/account/router.ts'
import { authProcedures } from './features/auth/router.ts'
import { securityProcedures } from './features/security/router.ts'
import { sessionProcedures } from './features/sessions/router.ts'
import { taskProcedures } from './features/tasks/router.ts'
import { tokenProcedures } from './features/tokens/router.ts'
import { userProcedures } from './features/users/router.ts'
import type { ErrorShape } from './reasons.ts'

/** Every procedure there is. */
export const procedures = {
  auth: { ...authProcedures, ...accountProcedures },
  security: securityProcedures,
  sessions: sessionProcedures,
  tasks: taskProcedures,
  tokens: tokenProcedures,
  users: userProcedures,
}

/** What callers know of the server. Its context is left out: no database type reaches a caller. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: true },
  typeof procedures
>
