import { isDeepStrictEqual } from 'node:util'
import { type Form, formsOf, isAmong, type Schema } from './forms.ts'

/** What callers send may only widen, and what they get may only narrow. */
export type Direction = 'input' | 'output'

/** Something that callers may have relied on, and that is so no longer. */
export interface Break {
  /** Such as `tasks.create input.title`. */
  where: string
  what: string
}

/** The same thing in two contracts. */
export interface Pair<Value> {
  before: Value
  after: Value
}

/** Of what schemas are parts: their references lead into it. */
export interface Documents extends Pair<object> {
  /** Whether every reference leads to the same in both. */
  areAlike: boolean
}

interface Comparison {
  documents: Documents
  direction: Direction
  where: string
  /** The pairs on the way here, so that what refers to itself is looked at once. */
  seen?: readonly string[]
}

/** Where a schema breaks with the one that it replaces. JSON Schema, draft 2020-12. */
export function compareSchemas(schemas: Pair<Schema>, comparison: Comparison): Break[] {
  const { documents, direction, where, seen = [] } = comparison
  const [old, next] = [JSON.stringify(schemas.before), JSON.stringify(schemas.after)]
  const key = `${old} ${next}`
  const isUnchanged = old === next && (documents.areAlike || !old.includes('"$ref"'))
  if (isUnchanged || seen.includes(key)) return []
  const before = formsOf(schemas.before, documents.before)
  const after = formsOf(schemas.after, documents.after)
  const inside = { ...comparison, seen: [...seen, key] }
  const [given, taken] = direction === 'input' ? [before, after] : [after, before]
  const breaks = given.flatMap((form) => fit(form, taken, inside))
  return unique([...defaultBreaks(schemas, { direction, where }), ...breaks])
}

function unique(breaks: Break[]): Break[] {
  return [...new Map(breaks.map((each) => [`${each.where}: ${each.what}`, each])).values()]
}

/** A call that leaves the field out means something else now. */
function defaultBreaks(schemas: Pair<Schema>, { direction, where }: Omit<Comparison, 'documents'>): Break[] {
  const defaultOf = (schema: Schema) => (typeof schema === 'object' ? schema.default : undefined)
  const before = defaultOf(schemas.before)
  if (direction === 'output' || before === undefined) return []
  const after = defaultOf(schemas.after)
  if (isDeepStrictEqual(before, after)) return []
  return [{ where, what: `its default is ${JSON.stringify(after) ?? 'gone'}, was ${JSON.stringify(before)}` }]
}

/** What is wrong with a form where these are expected: nothing if it fits into one of them. */
function fit(form: Form, expected: Form[], comparison: Comparison): Break[] {
  const { direction, where, documents } = comparison
  const [ofForm, ofExpected] =
    direction === 'input' ? [documents.before, documents.after] : [documents.after, documents.before]
  const ofType = expected.filter((each) => isTypeWithin(form.type, each.type))
  const tag = ofType.length > 1 ? tagsOf(form, ofForm) : {}
  const candidates = ofType.filter((each) => !differs(tag, tagsOf(each, ofExpected)))
  const attempts = candidates.map((each) => formBreaks({ given: form, taken: each }, comparison))
  const [best] = attempts.sort((one, other) => one.length - other.length)
  if (best) return best
  const name = Object.keys(tag).length > 0 ? JSON.stringify(tag) : (form.type ?? 'anything')
  return [{ where, what: direction === 'input' ? `takes ${name} no longer` : `may be ${name} now` }]
}

function isTypeWithin(given: string | undefined, taken: string | undefined): boolean {
  return taken === undefined || given === taken || (given === 'integer' && taken === 'number')
}

/** The fields that tell the members of a union apart: always there, with one value. */
function tagsOf({ properties, required }: Form, document: object): Record<string, unknown> {
  const tags = required.flatMap((name) => {
    const [form, ...others] = formsOf(properties[name] ?? true, document)
    return others.length === 0 && form?.values?.length === 1 ? [[name, form.values[0]]] : []
  })
  return Object.fromEntries(tags)
}

function differs(one: Record<string, unknown>, other: Record<string, unknown>): boolean {
  return Object.entries(one).some(([name, value]) => name in other && other[name] !== value)
}

interface Forms {
  /** What has to fit, */
  given: Form
  /** and into what. */
  taken: Form
}

function formBreaks(forms: Forms, comparison: Comparison): Break[] {
  const { given, taken } = forms
  const isInput = comparison.direction === 'input'
  const [before, after] = isInput ? [given, taken] : [taken, given]
  return [
    ...valueBreaks(forms, comparison),
    ...boundBreaks(forms, comparison),
    ...fieldBreaks({ before, after }, comparison),
    ...otherFieldBreaks({ before, after }, comparison),
    ...itemBreaks({ before, after }, comparison),
  ]
}

/** New reasons are no news: callers are told to expect them. */
const reasonPlace = /\.(code|reason)$/

function valueBreaks({ given, taken }: Forms, { direction, where }: Comparison): Break[] {
  if (!taken.values) return []
  const expected = JSON.stringify(taken.values)
  if (!given.values)
    return [{ where, what: direction === 'input' ? `takes only ${expected} now` : `was one of ${expected}` }]
  if (direction === 'output' && reasonPlace.test(where)) return []
  const { values } = taken
  return given.values
    .filter((value) => !isAmong(value, values))
    .map((value) => JSON.stringify(value))
    .map((name) => ({
      where,
      what: direction === 'input' ? `takes ${name} no longer` : `may be ${name} now`,
    }))
}

function boundBreaks({ given, taken }: Forms, { direction, where }: Comparison): Break[] {
  const bounds = [
    ...Object.entries(taken.least).map(
      ([keyword, bound]) => [keyword, bound, given.least[keyword], 1] as const,
    ),
    ...Object.entries(taken.most).map(
      ([keyword, bound]) => [keyword, bound, given.most[keyword], -1] as const,
    ),
  ]
  const broken = bounds.filter(([, bound, own, sign]) => own === undefined || sign * (own - bound) < 0)
  const isInput = direction === 'input'
  const demands = taken.demands.filter((demand) => !given.demands.includes(demand))
  return [
    ...broken.map(([keyword, bound, own = 'none']) => {
      const [now, was] = isInput ? [bound, own] : [own, bound]
      return { where, what: `its ${keyword} is ${now}, was ${was}` }
    }),
    ...demands.map((demand) => ({ where, what: isInput ? `demands ${demand} now` : `had ${demand}` })),
  ]
}

function fieldBreaks({ before, after }: Pair<Form>, comparison: Comparison): Break[] {
  const { direction, where } = comparison
  const isInput = direction === 'input'
  const names = [before, after].flatMap((form) => [...Object.keys(form.properties), ...form.required])
  return [...new Set(names)].flatMap((name) => {
    const place = `${where}.${name}`
    const old = before.properties[name] ?? (isInput && before.others)
    const next = after.properties[name] ?? (isInput && after.others)
    const [needs, has] = isInput ? [after, before] : [before, after]
    const isNeeded = needs.required.includes(name) && !has.required.includes(name)
    if (old !== false && next === false) return [{ where: place, what: 'is gone' }]
    return [
      ...(isNeeded ? [{ where: place, what: isInput ? 'is required now' : 'may be absent now' }] : []),
      ...(old === false ? [] : compareSchemas({ before: old, after: next }, { ...comparison, where: place })),
    ]
  })
}

/** Answers may get further fields at any time; those of a map are its content. */
function otherFieldBreaks({ before, after }: Pair<Form>, comparison: Comparison): Break[] {
  const { direction, where } = comparison
  const schemas = { before: before.others, after: after.others }
  if (schemas.before === false) return []
  if (direction === 'output' && (schemas.before === true || Object.keys(schemas.before).length === 0))
    return []
  if (schemas.after === false) return [{ where, what: 'has no further fields now' }]
  return compareSchemas(schemas, { ...comparison, where: `${where}.*` })
}

function itemBreaks({ before, after }: Pair<Form>, comparison: Comparison): Break[] {
  if (before.items === true && after.items === true) return []
  return compareSchemas(
    { before: before.items, after: after.items },
    { ...comparison, where: `${comparison.where}[]` },
  )
}
