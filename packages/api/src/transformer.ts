import { deserialize, type SuperJSONResult, serialize } from 'superjson'

/** How deep an input may nest. No contract goes past 4; deeper would exhaust the stack. */
const inputDepthMax = 32
/** How many fields and elements it may have. The largest batch has 3000; each costs time before it is refused. */
const inputPartsMax = 20_000

/** Thrown for an input that is JSON but not ours. Its text may be shown. */
export class MalformedInputError extends Error {
  override name = 'MalformedInputError'
}

/**
 * How values travel: `{"json": …}`, with superjson's `meta` for what JSON has no word for. Callers
 * without superjson leave `meta` out: inputs take instants as RFC 3339 text too.
 */
export const transformer = {
  input: { serialize, deserialize: deserializeInput },
  output: { serialize, deserialize },
}

function deserializeInput(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new MalformedInputError('Wrap the input as {"json": …}')
  }
  if (!('json' in value)) {
    if (Object.keys(value).length === 0) return undefined
    throw new MalformedInputError('Wrap the input as {"json": …}')
  }
  refuseBoundless(value)
  const { json, meta } = value as SuperJSONResult
  if (!isObject(meta)) return json
  const { values = {}, v = 0 } = meta
  if (!isInputMeta(values))
    throw new MalformedInputError('The "meta" beside "json" may only name dates, numbers and undefined')
  try {
    return deserialize({ json, meta: { values, v } })
  } catch {
    throw new MalformedInputError('The "meta" beside "json" names what is not there')
  }
}

const inputTypes: unknown[] = ['Date', 'undefined', 'number']

/** No contract takes more. superjson's other types and its shared references let 1 MiB block us for seconds. */
function isInputMeta(values: unknown): values is NonNullable<SuperJSONResult['meta']>['values'] {
  if (!isObject(values)) return false
  const leaves = Array.isArray(values) ? [values] : Object.values(values)
  return leaves.every((leaf) => Array.isArray(leaf) && leaf.length === 1 && inputTypes.includes(leaf[0]))
}

export function refuseBoundless(root: object): void {
  let level: object[] = [root]
  let parts = 0
  for (let depth = 0; level.length > 0; depth++) {
    for (const parent of level) parts += Object.keys(parent).length
    if (parts > inputPartsMax) throw new MalformedInputError('The input has too many fields or elements')
    if (depth > inputDepthMax) throw new MalformedInputError('The input is nested too deeply')
    if (level.some((parent) => Object.hasOwn(parent, '__proto__')))
      throw new MalformedInputError('"__proto__" cannot be a field')
    level = level.flatMap((parent) => Object.values(parent).filter(isObject))
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
