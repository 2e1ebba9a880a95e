import type { Reason } from '../reasons.ts'

/** Who may call a procedure. */
export type Access = 'anybody' | 'signed_in' | 'person' | 'session' | 'admin'

/** A query, or a feature for all of its queries. `router.test.ts` holds it to those that there are. */
export type Changeable =
  | 'auth'
  | 'auth.me'
  | 'auth.exportData'
  | 'auth.events'
  | 'security'
  | 'security.suspicious'
  | 'sessions'
  | 'sessions.list'
  | 'tasks'
  | 'tasks.get'
  | 'tasks.list'
  | 'tasks.counts'
  | 'tasks.changes'
  | 'tokens'
  | 'tokens.list'

/** What is said of a procedure beside its contract. */
export interface ProcedureMeta {
  /** Set by the guards. */
  access?: Access
  /** Whether a call may bring an idempotency key. */
  isKeyed?: boolean
  /** Why it refuses a call, beyond what its guard and its contract refuse. */
  errors?: readonly Reason[]
  /** The queries of whoever calls a mutation that answer something else after it. Every mutation says so. */
  changes?: readonly Changeable[]
  /** How it answers plain HTTP. Absent: it does not. */
  rest?: RestFace
}

/** One operation of the REST door. Names in braces are fields of the input. */
export interface RestFace {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Below `/api`. Below `/tasks` it also answers without `/api`, and with the owner's id before it. */
  path: `/${string}`
  /** Other paths below `/api` that answer the same. Default none. */
  aliases?: readonly `/${string}`[]
  /** A few words, for a list of operations. */
  summary: string
  /** What a caller has to know of it. Default nothing more. */
  description?: string
  /** Of success. Default 200. A 204 has no body. */
  status?: 200 | 201 | 204
  /** Where what was created is, with fields of the answer in braces. Only with status 201. */
  location?: `/${string}`
  /** Whether the answer is a task, whose version is its `ETag`. Default not. */
  isTask?: boolean
  /** Other names of one field of the body, any of which may be given in its place. Default none. */
  otherNames?: Readonly<Record<string, readonly string[]>>
  /** Fields of the answer that stand once more at its top, by their path. Default none. */
  flat?: Readonly<Record<string, readonly string[]>>
}
