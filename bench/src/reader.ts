import { setTimeout as pause } from 'node:timers/promises'
import { reasonOf, type TasklaneClient } from '@tasklane/client'

/** One call. */
export interface Reading {
  /** From sending it to its whole answer. */
  milliseconds: number
  /** Why it failed, if it did. */
  refusal: string | undefined
}

export interface Reader {
  client: TasklaneClient
  paceMilliseconds: number
  signal: AbortSignal
}

/**
 * Lists tasks at a steady pace until something is over. A call is sent whether or not the ones
 * before it are answered: a reader who waits would send least when the server is slowest, and so
 * hide what is measured. Never rejects because of a refused call.
 */
export async function readUntil(over: Promise<unknown>, reader: Reader): Promise<Reading[]> {
  let isOver = false
  const stop = () => {
    isOver = true
  }
  over.then(stop, stop)
  const readings: Promise<Reading>[] = []
  while (!isOver) {
    readings.push(read(reader))
    await pause(reader.paceMilliseconds)
  }
  await over
  return await Promise.all(readings)
}

async function read({ client, signal }: Reader): Promise<Reading> {
  const sentAt = performance.now()
  const refusal = await client.tasks.list.query(undefined, { signal }).then(
    () => undefined,
    (error: unknown) => reasonOf(error) ?? 'no answer',
  )
  return { milliseconds: performance.now() - sentAt, refusal }
}
