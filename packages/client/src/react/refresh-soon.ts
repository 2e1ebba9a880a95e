import type { Query, QueryClient } from '@tanstack/react-query'

/** One request for a burst of changes, but one at least in so long. */
const quietMilliseconds = 250
const waitMaxMilliseconds = 2_000

type Which = (query: Query) => boolean

/** Marks queries as out of date, and asks again for those that are shown, once the changes pause. */
export function createRefresh(queryClient: QueryClient): (which: Which) => void {
  let wanted: Which[] = []
  let firstAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function refresh(): void {
    const all = wanted
    wanted = []
    void queryClient.invalidateQueries({ predicate: (query) => all.some((which) => which(query)) })
  }

  return (which) => {
    if (wanted.length === 0) firstAt = Date.now()
    wanted.push(which)
    clearTimeout(timer)
    const left = firstAt + waitMaxMilliseconds - Date.now()
    timer = setTimeout(refresh, Math.max(0, Math.min(quietMilliseconds, left)))
  }
}
