export { appRouter, createCaller } from './app-router.ts'
export {
  type Caller,
  type Context,
  createContext,
  createSystemContext,
  type Dependencies,
  type Logger,
} from './context.ts'
export { createDependencies, loadRevocations, type Settings } from './dependencies.ts'
export { AppError, publicError } from './errors.ts'
export { type ErrorShape, type Reason, reasons } from './reasons.ts'
