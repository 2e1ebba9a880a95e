'use client'

import { useTaskConflicts } from '@tasklane/client/react'
import { useMemo, useRef, useState } from 'react'
import { usePrepared, whenShown } from '../parts/lazy.tsx'
import { Shell } from '../shell/shell.tsx'
import { QuickAdd } from './quick-add.tsx'
import { useShortcuts } from './shortcuts.ts'
import { useTaskActions } from './task-actions.ts'
import { TaskList, type TaskListHandle } from './task-list.tsx'
import { Announcement, EmptyTasks, FailedTasks, TaskSkeleton } from './task-states.tsx'
import { viewNames, viewTitles } from './task-view.ts'
import styles from './tasks-screen.module.css'
import { Toolbar } from './toolbar.tsx'
import type { Edits } from './use-draft.ts'
import { useSelection } from './use-selection.ts'
import { changeView, useTasks, useTaskView } from './use-tasks.ts'

const BulkBar = whenShown(async () => (await import('./bulk-bar.tsx')).BulkBar)
const ConflictDialog = whenShown(async () => (await import('./conflict-dialog.tsx')).ConflictDialog)
const HelpDialog = whenShown(async () => (await import('./help-dialog.tsx')).HelpDialog)

const showTag = (tag: string) => changeView({ tag })

/** The tasks. `since` is where the feed stood when the page was rendered with them. */
export function TasksScreen({ since }: { since?: number | undefined }) {
  return (
    <Shell since={since}>
      <Tasks />
    </Shell>
  )
}

function Tasks() {
  const view = useTaskView()
  usePrepared(BulkBar, ConflictDialog, HelpDialog)
  const { tasks, total, isPending, isError, error, refetch, isPlaceholderData, ...pages } = useTasks(view)
  const selection = useSelection(tasks)
  const [conflict] = useTaskConflicts()
  const [isHelpOpen, setHelpOpen] = useState(false)
  const [edits] = useState<Edits>(() => new Map())
  const list = useRef<TaskListHandle>(null)
  const newTask = useRef<HTMLInputElement>(null)
  const search = useRef<HTMLInputElement>(null)
  const { toggle, remove } = useTaskActions()
  const isWritable = view.view !== 'trash'

  const { hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage } = pages
  const loadMore = useMemo(
    () =>
      hasNextPage && !isFetchingNextPage && !isFetchNextPageError ? () => void fetchNextPage() : undefined,
    [hasNextPage, isFetchingNextPage, isFetchNextPageError, fetchNextPage],
  )

  const withActive = (call: (task: (typeof tasks)[number]) => void) => () => {
    const task = list.current?.active()
    if (task) call(task)
  }
  const complete = isWritable ? withActive(toggle) : undefined
  useShortcuts({
    n: () => newTask.current?.focus(),
    '/': () => search.current?.focus(),
    j: () => list.current?.move(1),
    k: () => list.current?.move(-1),
    ArrowDown: () => list.current?.move(1),
    ArrowUp: () => list.current?.move(-1),
    ' ': complete,
    Enter: complete,
    e: isWritable ? withActive(({ id }) => list.current?.edit(id)) : undefined,
    x: withActive(({ id }) => selection.toggle(id)),
    a: selection.all,
    '#': isWritable ? withActive(remove) : undefined,
    Escape: selection.clear,
    '?': () => setHelpOpen(true),
    ...Object.fromEntries(
      viewNames.map((name, index) => [String(index + 1), () => changeView({ view: name })]),
    ),
  })

  const title = viewTitles[view.view]
  const isFiltered = view.search !== '' || view.tag !== undefined || view.priority !== undefined
  return (
    <>
      <title>{`${title} · Tasklane`}</title>
      <header className={styles.head}>
        <h1 className={styles.title}>{title}</h1>
        <Toolbar view={view} ref={search} />
      </header>
      {isWritable && view.view !== 'done' && <QuickAdd view={view} ref={newTask} />}
      <Announcement total={isPending || isPlaceholderData ? undefined : total} title={title} />
      <div className={styles.list} data-old={isPlaceholderData}>
        {isError && tasks.length === 0 ? (
          <FailedTasks error={error} retry={() => void refetch()} />
        ) : isPending ? (
          <TaskSkeleton />
        ) : tasks.length === 0 ? (
          <EmptyTasks view={view.view} isFiltered={isFiltered} />
        ) : (
          <TaskList
            key={view.view}
            ref={list}
            label={title}
            tasks={tasks}
            total={total ?? tasks.length}
            selected={selection.ids}
            edits={edits}
            onSelect={selection.toggle}
            onShowTag={showTag}
            onEndNear={loadMore}
          />
        )}
        {isFetchNextPageError && <FailedTasks error={error} retry={() => void fetchNextPage()} />}
      </div>
      {selection.tasks.length > 0 && (
        <BulkBar tasks={selection.tasks} isTrash={!isWritable} onDone={selection.clear} />
      )}
      {conflict && <ConflictDialog key={conflict.id} conflict={conflict} />}
      {isHelpOpen && <HelpDialog onClose={() => setHelpOpen(false)} />}
    </>
  )
}
