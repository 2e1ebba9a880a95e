import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { createEventParser, readEvents, type ServerEvent } from './server-events.ts'

const message = (data: string, id?: string): ServerEvent => ({ name: 'message', data, id })

function eventsIn(...pieces: string[]): ServerEvent[] {
  const parse = createEventParser()
  return pieces.flatMap((piece) => parse(piece))
}

describe('the events of a text', () => {
  it.each<[string, ServerEvent[]]>([
    ['data: a\n\n', [message('a')]],
    ['data:a\n\n', [message('a')]],
    ['data:  a \n\n', [message(' a ')]],
    ['data: a: b\n\n', [message('a: b')]],
    ['data\n\n', [message('')]],
    ['data: \n\n', [message('')]],
    ['data: a\ndata: b\ndata\n\n', [message('a\nb\n')]],
    ['event: ping\ndata: \n\n', [{ name: 'ping', data: '', id: undefined }]],
    ['event: \ndata: a\n\n', [message('a')]],
    ['event: one\nevent: two\ndata: a\n\n', [{ name: 'two', data: 'a', id: undefined }]],
    ['data: a\nid: 7\n\n', [message('a', '7')]],
    ['id: 7\ndata: a\n\ndata: b\n\n', [message('a', '7'), message('b')]],
    ['data: a\nid: \n\n', [message('a')]],
    ['event: ping\n\ndata: a\n\n', [message('a')]],
    [': a comment\n\ndata: a\n:\n\n', [message('a')]],
    ['retry: 10\nfield: x\nDATA: x\ndata: a\n\n', [message('a')]],
    ['\n\n\ndata: a\n\n\n\n\n', [message('a')]],
    ['data: a\r\n\r\ndata: b\r\n\r\n', [message('a'), message('b')]],
    ['data: a\r\rdata: b\n\r\ndata: c\r\n\n', [message('a'), message('b'), message('c')]],
    ['data: a\r\nid: 7\r\ndata: b\r\n\r\n', [message('a\nb', '7')]],
    ['data: \u{1F680}\u2028\u0085\n\n', [message('\u{1F680}\u2028\u0085')]],
    ['data: a\n\ndata: b\n', [message('a')]],
    ['data: a', []],
    ['', []],
  ])('%j', (text, events) => {
    expect(eventsIn(text)).toEqual(events)
    for (let cut = 0; cut <= text.length; cut += 1) {
      expect(eventsIn(text.slice(0, cut), text.slice(cut))).toEqual(events)
    }
    expect(eventsIn(...text)).toEqual(events)
  })

  it('do not depend on where a line ends with \\r and the next piece begins', () => {
    expect(eventsIn('data: a\r', '\n\r', '\n')).toEqual([message('a')])
    expect(eventsIn('data: a\r', '\r', 'data: b\n\n')).toEqual([message('a'), message('b')])
  })

  it('take time in proportion to their length, however small the pieces', () => {
    const parse = createEventParser()
    parse('data: ')
    for (let count = 0; count < 200_000; count += 1) parse('x'.repeat(20))
    const [event] = parse('\n\n')
    expect(event?.data).toHaveLength(4_000_000)
  })
})

describe('reading a body', () => {
  const encoder = new TextEncoder()

  /** A body that a test fills, and that remembers whether it was cancelled. */
  function createBody() {
    const seen = { isCancelled: false }
    let controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (own) => {
        controller = own
      },
      cancel: () => {
        seen.isCancelled = true
      },
    })
    const write = (bytes: Uint8Array<ArrayBuffer>) => controller?.enqueue(bytes)
    return {
      body,
      seen,
      write,
      end: () => controller?.close(),
      fail: (cause: Error) => controller?.error(cause),
    }
  }

  async function collect(events: AsyncIterable<ServerEvent>): Promise<string[]> {
    const all: string[] = []
    for await (const { data } of events) all.push(data)
    return all
  }

  it('puts characters together that were cut, and passes a byte order mark over', async () => {
    const { signal } = new AbortController()
    const { body, write, end } = createBody()
    let pieces = 0
    for (const byte of encoder.encode('\uFEFFdata: \u{1F680}é\n\n')) write(Uint8Array.of(byte))
    end()
    expect(await collect(readEvents(body, { signal, onBytes: () => pieces++ }))).toEqual(['\u{1F680}é'])
    expect(pieces).toBe(17)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('fails with what the body fails with', async () => {
    const { signal } = new AbortController()
    const { body, fail } = createBody()
    fail(new TypeError('terminated'))
    await expect(collect(readEvents(body, { signal, onBytes: () => {} }))).rejects.toThrow('terminated')
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })

  it('cancels the body when the reader leaves', async () => {
    const { signal } = new AbortController()
    const { body, write, seen } = createBody()
    write(encoder.encode('data: a\n\ndata: b\n\n'))
    for await (const { data } of readEvents(body, { signal, onBytes: () => {} })) {
      expect(data).toBe('a')
      break
    }
    expect(seen.isCancelled).toBe(true)
  })

  it.each(['before', 'before anything came', 'while it waits'])(
    'ends by the signal %s, and cancels the body',
    async (when) => {
      const abort = new AbortController()
      const { body, write, seen } = createBody()
      if (when === 'before') write(encoder.encode('data: a\n\n'))
      if (when !== 'while it waits') abort.abort()
      const events = collect(readEvents(body, { signal: abort.signal, onBytes: () => {} }))
      abort.abort()
      expect(await events).toEqual([])
      expect(seen.isCancelled).toBe(true)
      expect(getEventListeners(abort.signal, 'abort')).toEqual([])
    },
  )
})
