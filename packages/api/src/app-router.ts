import { procedures } from './router.ts'
import { createCallerFactory, createRouter } from './trpc.ts'

/** The router that the doors serve. */
export const appRouter = createRouter(procedures)

/** Calls the procedures in process. */
export const createCaller = createCallerFactory(appRouter)
