import type { TRPCBuiltRouter } from '@trpc/server'
import { authProcedures } from './features/auth/router.ts'
import { securityProcedures } from './features/security/router.ts'
import { taskProcedures } from './features/tasks/router.ts'
import type { ErrorShape } from './reasons.ts'

/** Every procedure there is. */
export const procedures = {
  auth: authProcedures,
  security: securityProcedures,
  tasks: taskProcedures,
}

/** What callers know of the server. Its context is left out: no database type reaches a caller. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; errorShape: ErrorShape; transformer: true },
  typeof procedures
>
