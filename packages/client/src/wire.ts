/** A value as it travels: superjson's format, with `meta` for what JSON has no word for. */
interface Travelling {
  json?: unknown
  meta?: { values?: Annotations }
}

/** A kind, such as `['Date']`, or what is further down, by its path. Or both. */
type Annotations = [kind: unknown, below?: Below] | Below

interface Below {
  [path: string]: Annotations
}

/**
 * Writes inputs and reads answers, as superjson would: those of this contract, which has dates and what is absent.
 * Inputs travel as plain JSON, instants as RFC 3339 text. See docs/decisions/0014-published-client.md.
 */
export const wire = {
  input: { serialize: write, deserialize: read },
  output: { serialize: write, deserialize: read },
}

function write(value: unknown): Travelling {
  refuseInvalidDates(value)
  return { json: value }
}

/** JSON would make `null` of them, which has another meaning: an API token that never expires. */
function refuseInvalidDates(value: unknown): void {
  if (value instanceof Date) {
    if (Number.isNaN(value.getTime())) throw new TypeError('An input has an invalid Date')
  } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(refuseInvalidDates)
}

function read({ json, meta }: Travelling): unknown {
  return meta?.values ? annotated(json, meta.values) : json
}

/** The same value, with what the annotations say of it. */
function annotated(value: unknown, annotations: Annotations): unknown {
  const [kind, below] = Array.isArray(annotations) ? annotations : [undefined, annotations]
  for (const [path, further] of Object.entries(below ?? {})) {
    let holder = value
    let last: string | undefined
    for (const key of keysOf(path)) {
      if (last !== undefined) holder = (holder as Record<string, unknown>)[last]
      if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, key))
        throw new TypeError('The server has annotated what it has not sent')
      last = key
    }
    const fields = holder as Record<string, unknown>
    fields[last ?? ''] = annotated(fields[last ?? ''], further)
  }
  return kind === undefined ? value : ofKind(value, kind)
}

function ofKind(value: unknown, kind: unknown): unknown {
  if (kind === 'Date') return new Date(String(value))
  if (kind === 'undefined') return undefined
  if (kind === 'number') return Number(value)
  throw new TypeError(`The server answered with a ${String(kind)}. This client is too old for it`)
}

/** `tasks.0.a\.b` are `tasks`, `0` and `a.b`. */
function keysOf(path: string): string[] {
  const keys: string[] = []
  let key = ''
  for (const [part] of path.matchAll(/\\?./gs)) {
    if (part === '.') {
      keys.push(key)
      key = ''
    } else key += part.at(-1)
  }
  return [...keys, key]
}
