import type { ListedTask } from '@tasklane/client'
import { useCallback, useMemo, useState } from 'react'

export interface Selection {
  ids: ReadonlySet<string>
  /** Those of them that are in the list now. */
  tasks: readonly ListedTask[]
  toggle(id: string): void
  clear(): void
  all(): void
}

export function useSelection(listed: readonly ListedTask[]): Selection {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set())
  const tasks = useMemo(() => listed.filter(({ id }) => chosen.has(id)), [listed, chosen])
  const ids = useMemo(() => new Set(tasks.map(({ id }) => id)), [tasks])
  const toggle = useCallback(
    (id: string) =>
      setChosen(
        (before) => new Set(before.has(id) ? [...before].filter((each) => each !== id) : [...before, id]),
      ),
    [],
  )
  const clear = useCallback(() => setChosen(new Set()), [])
  return { ids, tasks, toggle, clear, all: () => setChosen(new Set(listed.map(({ id }) => id))) }
}
