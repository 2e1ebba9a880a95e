import type { AppRouter } from '@tasklane/api/router'
import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'

/** What each procedure takes, such as `TasklaneInputs['tasks']['create']`. */
export type TasklaneInputs = inferRouterInputs<AppRouter>

/** What each procedure answers, such as `TasklaneOutputs['tasks']['list']`. */
export type TasklaneOutputs = inferRouterOutputs<AppRouter>
