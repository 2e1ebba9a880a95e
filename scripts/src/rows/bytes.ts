const byteOrderMark = Buffer.from('\uFEFF')
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Leaves out the mark that some programs put before UTF-8. */
export async function* withoutByteOrderMark(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let start: Buffer | undefined = Buffer.alloc(0)
  for await (const chunk of source) {
    if (start === undefined) {
      yield Buffer.from(chunk)
      continue
    }
    start = Buffer.concat([start, chunk])
    if (start.length < byteOrderMark.length) continue
    yield withoutMark(start)
    start = undefined
  }
  if (start !== undefined && start.length > 0) yield start
}

function withoutMark(start: Buffer): Buffer {
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
