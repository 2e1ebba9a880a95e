/** The names of the REST door, by a rule of our own: the product's is what is tested. */
export function toSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}

function toCamel(name: string): string {
  return name.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase())
}

/** A JSON body for the REST door. */
export function inSnakeCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inSnakeCase)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [toSnake(name), inSnakeCase(each)]))
}

/** What the REST door answered, as the procedures do: text that is an instant becomes one. */
export function inCamelCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inCamelCase)
  if (typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(value)) return new Date(value)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [toCamel(name), inCamelCase(each)]))
}

/** A text that may name fields. */
export function textInCamelCase(text: string): string {
  return text.replace(/\b[a-z]+(?:_[a-z]+)+\b/g, toCamel)
}

/** RFC 6901, as a fragment. */
export function pathOf(pointer: string): (string | number)[] {
  const [, ...steps] = decodeURIComponent(pointer).split('/')
  return steps.map((step) => (/^\d+$/.test(step) ? Number(step) : toCamel(step)))
}
