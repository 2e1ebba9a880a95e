import type { TRPC_ERROR_CODE_KEY } from '@trpc/server'
import type { TRPC_ERROR_CODE_NUMBER } from '@trpc/server/rpc'
import type { Task } from './features/tasks/contract.ts'

export interface ReasonDefinition {
  /** tRPC's code, which decides the HTTP status. */
  code: TRPC_ERROR_CODE_KEY
  /** Where HTTP has a better word than tRPC's code. */
  httpStatus?: number
  /** What the caller reads, and can do about it. */
  message: string
}

/** The closed list of what can go wrong. Callers narrow on the names; the texts may improve. */
export const reasons = {
  AUTHENTICATION_REQUIRED: { code: 'UNAUTHORIZED', message: 'Authentication required' },
  TOKEN_INVALID: { code: 'UNAUTHORIZED', message: 'Invalid or expired token' },
  TOKEN_EXPIRED: { code: 'UNAUTHORIZED', message: 'Token expired' },
  TOKEN_FORMAT_INVALID: { code: 'UNAUTHORIZED', message: 'Invalid token format' },
  CREDENTIALS_INVALID: { code: 'UNAUTHORIZED', message: 'Wrong username, email or password' },
  REFRESH_TOKEN_INVALID: { code: 'UNAUTHORIZED', message: 'Invalid or expired refresh token. Log in again' },
  PASSWORD_WRONG: { code: 'FORBIDDEN', message: 'The current password is wrong' },
  SCOPE_INSUFFICIENT: {
    code: 'FORBIDDEN',
    message: 'This API token may only read. Use one with the scope "write"',
  },
  SIGN_IN_REQUIRED: {
    code: 'FORBIDDEN',
    message: 'An API token may not do this. Sign in with your account',
  },
  SESSION_REQUIRED: {
    code: 'FORBIDDEN',
    message: 'Only a session of this server can do this. Log out where you signed in',
  },
  ADMIN_REQUIRED: { code: 'FORBIDDEN', message: 'Only an administrator may do this' },
  SELF_DEACTIVATION: {
    code: 'FORBIDDEN',
    message: 'You may not deactivate yourself. Another administrator can',
  },

  EMAIL_TAKEN: { code: 'CONFLICT', message: 'An account with this email already exists' },
  USERNAME_TAKEN: { code: 'CONFLICT', message: 'This username is taken' },
  USERNAME_RESERVED: { code: 'UNPROCESSABLE_CONTENT', message: 'This username is reserved. Choose another' },
  IDENTIFIER_REQUIRED: {
    code: 'UNPROCESSABLE_CONTENT',
    message:
      'Without an email the account needs its username to log in. Choose another, or add an email first',
  },
  PASSWORD_TOO_WEAK: { code: 'UNPROCESSABLE_CONTENT', message: 'The password is too weak' },
  PASSWORD_MISMATCH: { code: 'UNPROCESSABLE_CONTENT', message: 'The password and its confirmation differ' },

  MAIL_TOKEN_INVALID: {
    code: 'UNPROCESSABLE_CONTENT',
    message: 'This link was used, has expired or is wrong. Ask for a new one',
  },
  PASSWORD_NOT_SET: {
    code: 'CONFLICT',
    message: 'This account has no password here. It is managed where you signed in',
  },
  SESSION_NOT_FOUND: { code: 'NOT_FOUND', message: 'Session not found' },
  API_TOKEN_NOT_FOUND: { code: 'NOT_FOUND', message: 'API token not found' },
  API_TOKENS_TOO_MANY: {
    code: 'CONFLICT',
    message: 'You have as many API tokens as one account may have. Revoke one first',
  },
  USER_NOT_FOUND: { code: 'NOT_FOUND', message: 'User not found' },
  CURSOR_INVALID: {
    code: 'UNPROCESSABLE_CONTENT',
    message: 'This cursor is not one of ours, or of another list. Start without one',
  },

  TASK_NOT_FOUND: { code: 'NOT_FOUND', message: 'Task not found' },
  TASK_ID_TAKEN: {
    code: 'CONFLICT',
    message: 'This id is taken by a task with other content, or by one in the trash',
  },
  TASK_NOT_IN_TRASH: {
    code: 'CONFLICT',
    message: 'Only a task in the trash can be purged. Delete it first',
  },
  TASK_FORBIDDEN: { code: 'FORBIDDEN', message: 'This task belongs to somebody else' },
  VERSION_CONFLICT: {
    code: 'CONFLICT',
    message: 'The task has another version than you expect. Look at its current state, and decide again',
  },

  PRECONDITION_FAILED: {
    code: 'PRECONDITION_FAILED',
    message: 'The task has another version than If-Match names. Look at its current state, and decide again',
  },
  OWNER_MISMATCH: { code: 'FORBIDDEN', message: 'The user in the path is not you' },

  INPUT_INVALID: { code: 'BAD_REQUEST', message: 'Invalid input' },
  INPUT_CONTRADICTORY: {
    code: 'UNPROCESSABLE_CONTENT',
    message: 'Fields of the input do not fit together, or do not fit now',
  },
  IDEMPOTENCY_KEY_REUSED: {
    code: 'UNPROCESSABLE_CONTENT',
    message: 'You used this Idempotency-Key for another call within the last 24 hours. Take a new one',
  },
  CLIENT_TOO_OLD: {
    code: 'BAD_REQUEST',
    message:
      'This server no longer knows clients as old as this one. Reload the page, or update @tasklane/client',
  },
  INPUT_MALFORMED: { code: 'BAD_REQUEST', message: 'The request is not valid JSON' },
  REQUEST_INVALID: { code: 'BAD_REQUEST', message: 'The request could not be understood' },
  BATCH_TOO_LARGE: { code: 'BAD_REQUEST', message: 'Too many calls in one batch. The limit is 100' },
  ANSWER_TOO_LARGE: {
    code: 'BAD_REQUEST',
    message: 'The lists of this batch are too large together. Send this call in another request',
  },
  BATCH_MIXED: { code: 'BAD_REQUEST', message: 'Queries and mutations cannot share a batch. Send two' },
  PROCEDURE_NOT_FOUND: { code: 'NOT_FOUND', message: 'No such procedure' },
  ROUTE_NOT_FOUND: { code: 'NOT_FOUND', message: 'No such path' },
  METHOD_NOT_SUPPORTED: {
    code: 'METHOD_NOT_SUPPORTED',
    message: 'Method not allowed. The Allow header says which are',
  },
  PAYLOAD_TOO_LARGE: {
    code: 'PAYLOAD_TOO_LARGE',
    message: 'The request body is too large. The limit is 1 MiB',
  },
  URI_TOO_LONG: {
    code: 'BAD_REQUEST',
    httpStatus: 414,
    message: 'The path is too long. Send fewer calls in one batch',
  },
  HEADERS_TOO_LARGE: { code: 'BAD_REQUEST', httpStatus: 431, message: 'The request headers are too large' },
  MEDIA_TYPE_UNSUPPORTED: {
    code: 'UNSUPPORTED_MEDIA_TYPE',
    message: 'Send the body as JSON, with the header "content-type: application/json"',
  },
  REQUEST_TIMEOUT: { code: 'TIMEOUT', message: 'The request took too long to arrive' },

  STREAMS_TOO_MANY: {
    code: 'TOO_MANY_REQUESTS',
    message: 'You follow changes in too many places at once. Close one first',
  },
  RATE_LIMITED: { code: 'TOO_MANY_REQUESTS', message: 'Too many attempts. Try again later' },
  SERVER_CLOSING: {
    code: 'SERVICE_UNAVAILABLE',
    message: 'This server is closing. Connect again in a moment',
  },
  TOO_BUSY: { code: 'SERVICE_UNAVAILABLE', message: 'The server is busy. Try again in a moment' },
  DATABASE_UNAVAILABLE: {
    code: 'SERVICE_UNAVAILABLE',
    message: 'The database cannot be reached. Try again in a moment',
  },
  ISSUER_UNAVAILABLE: {
    code: 'SERVICE_UNAVAILABLE',
    message: 'The issuer of this token cannot be reached. Try again in a moment',
  },
  MAIL_UNAVAILABLE: {
    code: 'SERVICE_UNAVAILABLE',
    message: 'This server sends no mail. Ask whoever runs it',
  },
  INTERNAL: { code: 'INTERNAL_SERVER_ERROR', message: 'Something went wrong on our side' },
} satisfies Record<string, ReasonDefinition>

/** The stable, machine-readable name of an error. */
export type Reason = keyof typeof reasons

/** One field that was refused. */
export interface InputIssue {
  /** Where it stands in the input, such as `["tags", 2]`. Empty for the input itself. */
  path: (string | number)[]
  message: string
}

/** What every error carries in `error.data`. */
export interface ErrorData {
  /** tRPC's code, such as `UNAUTHORIZED`. */
  code: TRPC_ERROR_CODE_KEY
  httpStatus: number
  reason: Reason
  /** The procedure, such as `tasks.get`. Absent when no procedure was reached. */
  path?: string
  /** Each refused field, with `INPUT_INVALID`. */
  issues?: InputIssue[]
  /** Seconds to wait before trying again, with `RATE_LIMITED` and whatever is unavailable for now. */
  retryAfterSeconds?: number
  /** The caller's task as it is now, with `VERSION_CONFLICT` and `TASK_ID_TAKEN`. */
  task?: Task
  /** Which operation of `tasks.batch` failed, counted from 0, when all were taken back for it. */
  index?: number
}

/** The error as it travels. */
export interface ErrorShape {
  message: string
  /** JSON-RPC 2.0 error number, as tRPC maps it. */
  code: TRPC_ERROR_CODE_NUMBER
  data: ErrorData
}

export function isReason(value: unknown): value is Reason {
  return typeof value === 'string' && Object.hasOwn(reasons, value)
}
