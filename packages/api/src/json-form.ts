import { z } from 'zod'

/** A JSON Schema, or a part of one. */
export type JsonSchema = z.core.JSONSchema.BaseSchema

/** How a value looks in JSON, where zod cannot tell by itself. */
export const jsonForms = z.registry<JsonSchema | { of: z.ZodType }>()

/** Of answers, whose rows come from the database: what a schema says of them, and nobody needs to check again. */
export const Id = z.string().meta({ format: 'uuid' })
export const Count = z.number().meta({ type: 'integer', minimum: 0 })
export const Day = z.string().meta({ format: 'date' })

interface Contradiction {
  path: PropertyKey[]
  input: unknown
  message: string
}

/**
 * An issue of fields that are right each by itself but do not fit together, or do not fit now: what no
 * JSON Schema of a field can say.
 */
export function contradiction(issue: Contradiction) {
  return { code: 'custom' as const, params: { isContradiction: true }, ...issue }
}

export function isContradiction({ params }: { params?: Record<string, unknown> | undefined }): boolean {
  return params?.['isContradiction'] === true
}
