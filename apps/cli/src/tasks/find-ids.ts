import type { ListedTask, TasklaneClient } from '@tasklane/client'
import { RefusedError, UsageError } from '../problems.ts'
import { printable } from '../terminal/printable.ts'
import { listPages } from './list-pages.ts'
import { shortLength } from './short-ids.ts'

const wholeId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const beginning = /^[0-9a-f][0-9a-f-]{3,35}$/
const candidatesMax = 10

interface Search {
  client: TasklaneClient
  signal: AbortSignal
  /** Where to look: among the tasks, in the trash, or first there and then here. */
  places: readonly ('live' | 'trash')[]
}

/**
 * The ids that these are, or begin. All tasks are read for a beginning: the server looks for whole ids only.
 *
 * @throws UsageError when one cannot be an id, or begins several.
 * @throws RefusedError when one begins none.
 */
export async function findIds(keys: readonly string[], search: Search): Promise<string[]> {
  const typed = keys.map((key) => key.toLowerCase())
  const wrong = typed.find((key) => !wholeId.test(key) && !beginning.test(key))
  if (wrong !== undefined)
    throw new UsageError(`"${wrong}" is not an id, nor the first 4 or more characters of one.`)
  const beginnings = typed.filter((key) => !wholeId.test(key))
  const found = beginnings.length === 0 ? [] : await matches(beginnings, search)
  return [...new Set(typed.map((key) => (wholeId.test(key) ? key : onlyOne(key, found))))]
}

async function matches(beginnings: string[], { client, signal, places }: Search): Promise<ListedTask[]> {
  const found: ListedTask[] = []
  for (const place of places) {
    const filters = { fields: 'compact', trashed: place === 'trash', includeTotal: false } as const
    for await (const { tasks } of listPages({ client, signal, filters }))
      found.push(...tasks.filter(({ id }) => beginnings.some((key) => id.startsWith(key))))
  }
  return found
}

function onlyOne(key: string, found: ListedTask[]): string {
  const candidates = found.filter(({ id }) => id.startsWith(key))
  const [first, second] = candidates
  if (!first) throw new RefusedError(`No task has an id that begins with "${key}".`)
  if (!second) return first.id
  const length = shortLength(candidates.map(({ id }) => id))
  const shown = candidates
    .slice(0, candidatesMax)
    .map(({ id, title }) => `  ${id.slice(0, length)}  ${printable(title)}`)
  const more = candidates.length - shown.length
  throw new UsageError(
    [
      `"${key}" begins the ids of ${candidates.length} tasks. Give more of it:`,
      ...shown,
      ...(more > 0 ? [`  and ${more} more`] : []),
    ].join('\n'),
  )
}
