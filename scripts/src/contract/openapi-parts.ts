import type { Schema } from './forms.ts'

/** What the gate reads of an OpenAPI 3.1 document. */
export interface OpenApi {
  servers?: { url: string }[]
  paths: Record<string, Record<string, Operation>>
  components: {
    schemas: Record<string, Schema>
    securitySchemes?: Record<string, Record<string, unknown>>
  }
}

export interface Operation {
  operationId: string
  /** One of them is enough. Empty: anybody may call. */
  security: Record<string, string[]>[]
  parameters?: Parameter[]
  requestBody?: { required?: boolean; content: Content }
  responses: Record<string, Response>
  /** Other paths that answer the same. */
  'x-aliases'?: string[]
}

export interface Parameter {
  name: string
  in: string
  required?: boolean
  schema: Schema
}

export interface Response {
  headers?: Record<string, { required?: boolean; schema: Schema }>
  content?: Content
}

/** By its media type. */
export type Content = Record<string, { schema: Schema }>
