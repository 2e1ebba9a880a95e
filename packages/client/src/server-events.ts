/** One server-sent event. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface ServerEvent {
  name: string
  data: string
  /** Absent when this event has none of its own. */
  id: string | undefined
}

/** Takes the text of a stream piece by piece, wherever it is cut, and gives the events that are complete. */
export function createEventParser(): (text: string) => ServerEvent[] {
  let lastLine: string[] = []
  let fields = new Map<string, string>()

  function read(line: string): ServerEvent | undefined {
    if (line !== '') {
      const [, name = '', value = ''] = /^([^:]*):? ?(.*)$/s.exec(line) ?? []
      const before = name === 'data' ? fields.get(name) : undefined
      fields.set(name, before === undefined ? value : `${before}\n${value}`)
      return undefined
    }
    const [name, data, id] = ['event', 'data', 'id'].map((field) => fields.get(field))
    fields = new Map()
    return data === undefined ? undefined : { name: name || 'message', data, id: id || undefined }
  }

  return (text) => {
    lastLine.push(text)
    if (!/[\r\n]/.test(text)) return []
    // The last \r may be the half of \r\n.
    const lines = lastLine.join('').split(/\r\n|\n|\r(?!$)/)
    lastLine = lines.splice(-1)
    return lines.flatMap((line) => read(line) ?? [])
  }
}

interface Reading {
  signal: AbortSignal
  /** Called whenever something came, be it a part of an event. */
  onBytes: () => void
}

/** The events of a body as they come. Ends with the body, or by the signal; then the body is cancelled. */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  { signal, onBytes }: Reading,
): AsyncGenerator<ServerEvent, void> {
  const parse = createEventParser()
  const decoder = new TextDecoder()
  const reader = body.getReader()
  // Node 20 forgets the signal of a fetch, once it collects garbage, while the answer is being read.
  const cancel = () => void reader.cancel().catch(() => {})
  signal.addEventListener('abort', cancel)
  if (signal.aborted) cancel()
  try {
    for (let read = await reader.read(); !read.done && !signal.aborted; read = await reader.read()) {
      onBytes()
      yield* parse(decoder.decode(read.value, { stream: true }))
    }
  } finally {
    signal.removeEventListener('abort', cancel)
    cancel()
  }
}
