const byteOrderMark = Buffer.from('\uFEFF')
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Leaves out the mark that some programs put before UTF-8. */
export async function* withoutByteOrderMark(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const piece of source) {
    if (start === undefined) {
      yield Buffer.from(piece)
      continue
    }
    start = Buffer.concat([start, piece])
    if (start.length < byteOrderMark.length) continue
    yield unmarked(start)
    start = undefined
  }
  if (start !== undefined && start.length > 0) yield unmarked(start)
}

function unmarked(start: Buffer): Buffer {
  const { length } = byteOrderMark
  return start.subarray(0, length).equals(byteOrderMark) ? start.subarray(length) : start
}

/** The text of these bytes, or `undefined` when they are not UTF-8 and a text would not be what was written. */
export function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

export const notUtf8 = 'not valid UTF-8. Save the file as UTF-8'

/** What stands between the line feeds. */
export async function* linesOf(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let begun: Buffer[] = []
  for await (const piece of source) {
    const chunk = Buffer.from(piece)
    let start = 0
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, start)) {
      yield Buffer.concat([...begun, chunk.subarray(start, end)])
      begun = []
      start = end + 1
    }
    begun.push(chunk.subarray(start))
  }
  const last = Buffer.concat(begun)
  if (last.length > 0) yield last
}
