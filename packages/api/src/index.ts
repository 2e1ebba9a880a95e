export {
  type ImportedUser,
  type ImportedUserOutcome,
  insertImportedUsers,
  type UserKey,
} from './administration/queries.ts'
export { setUser, type UserSet, type UserSetting } from './administration/set-user.ts'
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
export { describeProcedures, jsonSchema, type ProcedureDescription } from './describe-procedures.ts'
export { AppError, databaseRefusal, publicError, refusalOf, refuseInput, type Spelling } from './errors.ts'
export { recheckForeignSeconds, type TrustedIssuer } from './guard/foreign-tokens.ts'
export { recheckSeconds } from './guard/guard.ts'
export {
  createKeySet,
  type PrivateJwk,
  publishedBeforeSigningSeconds,
  type SigningKeys,
} from './guard/signing-keys.ts'
export { requirePerson, requireUser } from './guard/who-may.ts'
export { Instant } from './instant.ts'
export type { JsonSchema } from './json-form.ts'
export type { Mail, Mailer } from './mail/mailer.ts'
export type { RateLimitState } from './rate-limiter.ts'
export { type ErrorShape, type InputIssue, type Reason, reasons } from './reasons.ts'
export type { Access, RestFace } from './rest/meta.ts'
export { parseJson } from './rest/parse-json.ts'
export { Problem } from './rest/problem.ts'
export {
  fromSnakeCase,
  nameFromSnakeCase,
  schemaInSnakeCase,
  snakeCase,
  snakeSpelling,
  takesNames,
  toSnakeCase,
} from './rest/spelling.ts'
export { type RetentionCounts, runRetention } from './retention/run-retention.ts'
export { refuseReservedUsername } from './usernames.ts'
