import { z } from 'zod'
import { appRouter } from './app-router.ts'
import { type JsonSchema, jsonForms } from './json-form.ts'
import type { ProcedureMeta } from './rest/meta.ts'

/** What a caller can know of a procedure: what it takes and gives, as JSON. */
export interface ProcedureDescription {
  /** Such as `tasks.get`. */
  path: string
  type: 'query' | 'mutation' | 'subscription'
  meta: ProcedureMeta
  /** Whether a tRPC caller may leave the input out. */
  isInputOptional: boolean
  input: JsonSchema
  output: JsonSchema
}

export interface ContractDescription {
  procedures: ProcedureDescription[]
  /** What the schemas refer to by `#/$defs/`. */
  definitions: Record<string, JsonSchema>
}

interface Definition {
  type: ProcedureDescription['type']
  meta?: ProcedureMeta
  inputs: [z.ZodType]
  output: z.ZodType
}

let described: ContractDescription | undefined

/** Every procedure there is, read off the router. JSON Schema, draft 2020-12. */
export function describeProcedures(): ContractDescription {
  described ??= readRouter()
  return described
}

function readRouter(): ContractDescription {
  const definitions: Record<string, JsonSchema> = {}
  const procedures = Object.entries(appRouter._def.procedures).map(([path, procedure]) => {
    const { type, meta = {}, inputs, output } = (procedure as unknown as { _def: Definition })._def
    return {
      ...{ path, type, meta, isInputOptional: inputs[0].safeParse(undefined).success },
      input: jsonSchema(inputs[0], { io: 'input', definitions }),
      output: jsonSchema(output, { io: 'output', definitions }),
    }
  })
  return { procedures, definitions }
}

interface Target {
  io: 'input' | 'output'
  definitions: Record<string, JsonSchema>
}

/** What it refers to goes to the definitions of all. */
export function jsonSchema(schema: z.ZodType, target: Target): JsonSchema {
  const { $schema, $defs, ...own } = z.toJSONSchema(schema, {
    io: target.io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: json }) => {
      if (zodSchema._zod.def.type === 'date') Object.assign(json, { type: 'string', format: 'date-time' })
      // zod takes them for examples of the output where something is transformed. Ours are of what is sent.
      const { examples } = z.globalRegistry.get(zodSchema) ?? {}
      if (examples !== undefined) Object.assign(json, { examples })
      const form = jsonForms.get(zodSchema)
      if (form) replace(json, form, target)
      delete json['id']
    },
  })
  for (const [name, { id: _id, ...definition }] of Object.entries($defs ?? {}))
    target.definitions[name] = definition as JsonSchema
  return own
}

function replace(json: JsonSchema, form: JsonSchema | { of: z.ZodType }, target: Target): void {
  for (const keyword of Object.keys(json)) delete json[keyword]
  Object.assign(json, 'of' in form ? jsonSchema(form.of as z.ZodType, target) : form)
}
