import {
  type Access,
  AppError,
  describeProcedures,
  type ProcedureDescription,
  type Reason,
  reasons,
} from '@tasklane/api'
import type { Schema } from './forms.ts'

/** What tRPC callers can rely on. */
export interface TrpcContract {
  procedures: Record<string, TrpcProcedure>
  reasons: Record<string, TrpcReason>
  /** What the schemas refer to. */
  $defs: Record<string, Schema>
}

export interface TrpcProcedure {
  type: ProcedureDescription['type']
  access: Access
  /** Whether it can be called without an input. */
  isInputOptional: boolean
  input: Schema
  output: Schema
}

export interface TrpcReason {
  /** tRPC's code. */
  code: string
  httpStatus: number
}

/** The tRPC door, described. */
export function trpcContract(): TrpcContract {
  const { procedures, definitions } = describeProcedures()
  return {
    procedures: Object.fromEntries(
      procedures.map(({ path, type, meta, isInputOptional, input, output }) => [
        path,
        { type, access: meta.access ?? 'anybody', isInputOptional, input, output },
      ]),
    ),
    reasons: Object.fromEntries(
      (Object.keys(reasons) as Reason[]).map((reason) => {
        const { code, httpStatus } = new AppError(reason)
        return [reason, { code, httpStatus }]
      }),
    ),
    $defs: definitions,
  }
}
