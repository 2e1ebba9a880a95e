import list from './procedures.json' with { type: 'json' }

/** A JSON Schema, draft 2020-12. References go to `definitions`, by `#/$defs/`. */
export type InputSchema = Readonly<Record<string, unknown>>

/** A procedure as a program can know it that has none of its types. */
export interface Procedure {
  type: 'query' | 'mutation' | 'subscription'
  /** A few words. Absent where there are none. */
  summary?: string
  input: InputSchema
}

interface ProcedureList {
  procedures: Record<string, Procedure>
  $defs: Record<string, InputSchema>
}

const { procedures: all, $defs } = list as unknown as ProcedureList

/** Every procedure of the server, by its path, such as `tasks.create`. */
export const procedures: Readonly<Record<string, Procedure>> = all

/** What the inputs refer to. */
export const definitions: Readonly<Record<string, InputSchema>> = $defs
