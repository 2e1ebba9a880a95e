/** A token whose form is sound. Nothing in it is verified. */
export interface CompactJws {
  header: JwsHeader
  payload: Record<string, unknown>
}

/** The only members of a protected header that are ever looked at. RFC 7515 §4.1. */
export interface JwsHeader {
  alg: string
  kid?: string
  typ?: string
}

const tokenLengthMax = 8192
const kidLengthMax = 256
const nestingMax = 16

/** Refuses what is not UTF-8, and leaves a byte order mark to be refused by the JSON parser. */
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Keys and addresses of keys are never taken from a token, and no extension is known. RFC 8725 §3.10. */
const refusedMembers = ['crit', 'jwk', 'jku', 'x5u', 'x5c', 'b64', 'zip', 'enc']

/**
 * Reads a JWS in its compact form (RFC 7515 §7.1), before a JWT library sees it, so that one token has one
 * spelling and one meaning: canonical base64url (RFC 4648 §3.5), UTF-8, and no member twice (RFC 8725 §2.4).
 *
 * @returns `undefined` for what is not one canonical compact JWS of at most 8 KiB.
 */
export function readCompactJws(token: string): CompactJws | undefined {
  if (token.length > tokenLengthMax) return undefined
  const [header, payload, signature, ...more] = token.split('.', 4).map(decodeCanonical)
  if (!header || !payload || !signature || more.length > 0) return undefined
  const readHeader = headerOf(readObject(header))
  const readPayload = readHeader && readObject(payload)
  return readPayload && { header: readHeader, payload: readPayload }
}

function decodeCanonical(part: string): Buffer | undefined {
  const bytes = Buffer.from(part, 'base64url')
  return part !== '' && bytes.toString('base64url') === part ? bytes : undefined
}

function headerOf(members: Record<string, unknown> | undefined): JwsHeader | undefined {
  if (!members || refusedMembers.some((name) => Object.hasOwn(members, name))) return undefined
  const { alg, kid, typ } = members
  if (typeof alg !== 'string' || alg === '') return undefined
  if (kid !== undefined && !(typeof kid === 'string' && kid !== '' && kid.length <= kidLengthMax))
    return undefined
  if (typ !== undefined && typeof typ !== 'string') return undefined
  return { alg, ...(kid !== undefined && { kid }), ...(typ !== undefined && { typ }) }
}

function readObject(bytes: Buffer): Record<string, unknown> | undefined {
  try {
    const text = utf8.decode(bytes)
    const value: unknown = JSON.parse(text)
    return isObject(value) && hasOneMeaning(text) ? value : undefined
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined
    throw error
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** In well-formed JSON, a string before a colon is a member's name, and a bracket outside strings nests. */
const namesAndBrackets = /"(?:[^"\\]|\\.)*"[ \t\n\r]*(:?)|[{[\]}]/g

/** Whether well-formed JSON is of bounded depth, with no member twice and none that sets a prototype. */
function hasOneMeaning(json: string): boolean {
  const open: Set<string>[] = []
  for (const [found, colon] of json.matchAll(namesAndBrackets)) {
    if (found === '{' || found === '[') {
      if (open.push(new Set()) > nestingMax) return false
    } else if (found === '}' || found === ']') open.pop()
    else if (colon) {
      const name: string = JSON.parse(found.slice(0, found.lastIndexOf('"') + 1))
      const names = open.at(-1)
      if (name === '__proto__' || names?.has(name)) return false
      names?.add(name)
    }
  }
  return true
}
