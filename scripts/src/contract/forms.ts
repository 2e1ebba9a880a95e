import { isDeepStrictEqual } from 'node:util'
import type { JsonSchema } from '@tasklane/api'

export type Schema = JsonSchema | boolean

/** One of the forms that a value may have: a schema without references, and with nothing left to choose. */
export interface Form {
  /** Absent: any. */
  type?: string | undefined
  /** Of `enum` and `const`. Absent: any. */
  values?: unknown[] | undefined
  /** Lower bounds by their keyword. */
  least: Record<string, number>
  /** Upper bounds by their keyword. */
  most: Record<string, number>
  /** What can be the same or not, and nothing between: patterns, formats, and what is not known here. */
  demands: string[]
  properties: Record<string, Schema>
  required: string[]
  /** Of the fields that have no name here. */
  others: Schema
  items: Schema
}

const lower = ['minLength', 'minimum', 'exclusiveMinimum', 'minItems', 'minProperties', 'minContains']
const upper = ['maxLength', 'maximum', 'exclusiveMaximum', 'maxItems', 'maxProperties', 'maxContains']
const parts = ['properties', 'required', 'additionalProperties', 'items']
const remarks = [
  'title',
  'description',
  'examples',
  'default',
  'deprecated',
  'readOnly',
  'writeOnly',
  '$comment',
]

/** What says something of one type alone, and nothing of the others. */
const keywordsOfType: Record<string, string[]> = {
  string: ['minLength', 'maxLength', 'pattern', 'format', 'contentEncoding', 'contentMediaType'],
  number: ['minimum', 'exclusiveMinimum', 'maximum', 'exclusiveMaximum', 'multipleOf'],
  array: ['items', 'prefixItems', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
  object: ['properties', 'required', 'additionalProperties', 'patternProperties', 'propertyNames'],
}

const typeOfKeyword = new Map(
  Object.entries(keywordsOfType).flatMap(([type, keywords]) => keywords.map((each) => [each, type] as const)),
)

const anything: Form = {
  ...{ least: {}, most: {}, demands: [], properties: {}, required: [] },
  ...{ others: true, items: true },
}

/** Every form that a schema allows. `document` is where its references lead. */
export function formsOf(schema: Schema, document: object, trail: readonly string[] = []): Form[] {
  if (schema === true) return [anything]
  if (schema === false) return []
  const { $ref, allOf = [], anyOf, oneOf, ...own } = schema
  if ($ref !== undefined && trail.includes($ref)) return []
  const further = $ref === undefined ? trail : [...trail, $ref]
  const of = (each: Schema) => formsOf(each, document, further)
  const choices = [
    ownForms(own),
    ...($ref === undefined ? [] : [of(resolve($ref, document))]),
    ...allOf.map(of),
    ...[anyOf, oneOf].flatMap((members) => (members ? [members.flatMap(of)] : [])),
  ]
  return choices.reduce((left, right) => left.flatMap((one) => right.flatMap((other) => meet(one, other))))
}

function resolve(reference: string, document: object): Schema {
  const names = reference.split('/').slice(1)
  const found = names.reduce<unknown>(
    (value, name) => (value as Record<string, unknown> | undefined)?.[unescaped(name)],
    document,
  )
  if (found === undefined) throw new Error(`The contract has no ${reference}`)
  return found as Schema
}

const unescaped = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~')

function ownForms(schema: JsonSchema): Form[] {
  const values = 'const' in schema ? [schema.const] : schema.enum
  const types = schema.type ?? (values ? [...new Set(values.map(typeOf))] : [undefined])
  return [types].flat().map((type) => ({
    ...formOf(type === undefined ? schema : withoutOtherTypes(schema, type)),
    type,
    // There is one null, whether it is listed or not.
    values: type === 'null' ? undefined : values?.filter((value) => !type || isOfType(value, type)),
  }))
}

function withoutOtherTypes(schema: JsonSchema, type: string): JsonSchema {
  const ofType = type === 'integer' ? 'number' : type
  const isItsOwn = (keyword: string) => (typeOfKeyword.get(keyword) ?? ofType) === ofType
  return Object.fromEntries(Object.entries(schema).filter(([keyword]) => isItsOwn(keyword)))
}

const known = [...lower, ...upper, ...parts, ...remarks, 'type', 'enum', 'const', '$defs', '$schema']

function formOf(schema: JsonSchema): Form {
  return {
    least: bounds(schema, lower),
    most: bounds(schema, upper),
    demands: Object.entries(schema)
      .filter(([keyword]) => !known.includes(keyword))
      .map(([keyword, value]) => `${keyword} ${JSON.stringify(value)}`),
    properties: schema.properties ?? {},
    required: schema.required ?? [],
    others: schema.additionalProperties ?? true,
    items: (schema.items as Schema | undefined) ?? true,
  }
}

function bounds(schema: JsonSchema, keywords: string[]): Record<string, number> {
  return Object.fromEntries(
    keywords.filter((keyword) => keyword in schema).map((keyword) => [keyword, Number(schema[keyword])]),
  )
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

function isOfType(value: unknown, type: string): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type
}

/** What is of both forms. Empty where nothing can be. */
function meet(one: Form, other: Form): Form[] {
  const type = commonType(one.type, other.type)
  if (type === null) return []
  const { values = other.values } = one
  const names = new Set([...Object.keys(one.properties), ...Object.keys(other.properties)])
  return [
    {
      type,
      values: values?.filter((value) => !other.values || isAmong(value, other.values)),
      least: tightest([one.least, other.least], Math.max),
      most: tightest([one.most, other.most], Math.min),
      demands: [...new Set([...one.demands, ...other.demands])],
      properties: Object.fromEntries(
        [...names].map((name) => [name, both(one.properties[name], other.properties[name])]),
      ),
      required: [...new Set([...one.required, ...other.required])],
      others: both(one.others, other.others),
      items: both(one.items, other.items),
    },
  ]
}

export function isAmong(value: unknown, values: readonly unknown[]): boolean {
  if (values.includes(value)) return true
  return typeof value === 'object' && values.some((each) => isDeepStrictEqual(each, value))
}

function commonType(one: string | undefined, other: string | undefined): string | undefined | null {
  if (one === undefined || one === other) return other
  if (other === undefined) return one
  const isNumeric = [one, other].every((type) => type === 'integer' || type === 'number')
  return isNumeric ? 'integer' : null
}

function tightest(
  [one, other]: [Form['least'], Form['least']],
  pick: (a: number, b: number) => number,
): Form['least'] {
  const common = Object.keys(one).filter((keyword) => keyword in other)
  const picked = common.map((keyword) => [keyword, pick(Number(one[keyword]), Number(other[keyword]))])
  return { ...one, ...other, ...Object.fromEntries(picked) }
}

function both(one: Schema = true, other: Schema = true): Schema {
  if (one === true) return other
  if (other === true) return one
  return one !== false && other !== false && { allOf: [one, other] }
}
