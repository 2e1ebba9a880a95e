'use client'

import { type KeyboardEvent, type Ref, useEffect, useRef, useState } from 'react'
import { Button } from '../parts/button.tsx'
import controls from '../parts/controls.module.css'
import { CrossIcon, SearchIcon } from '../parts/icons.tsx'
import { PriorityOptions } from './priority-mark.tsx'
import { priorities, sortOf, sortTitles, type TaskView } from './task-view.ts'
import styles from './toolbar.module.css'
import { changeView, currentView } from './use-tasks.ts'

interface Props {
  view: TaskView
  ref: Ref<HTMLInputElement>
}

const searchDelayMilliseconds = 180

/** What of a view is shown, and in which order. */
export function Toolbar({ view, ref }: Props) {
  const [search, setSearch] = useState(view.search)
  // The address follows what is typed, later. What it says then is no news, and more may be typed by now.
  const told = useRef(view.search)
  useEffect(() => {
    if (search === told.current) return
    const timer = setTimeout(() => {
      told.current = search
      changeView({ search })
    }, searchDelayMilliseconds)
    return () => clearTimeout(timer)
  }, [search])
  useEffect(() => {
    if (view.search === told.current || view.search !== currentView().search) return
    told.current = view.search
    setSearch(view.search)
  }, [view.search])

  function onKeyDown(event: KeyboardEvent<HTMLInputElement>): void {
    if (event.key !== 'Escape') return
    setSearch('')
    event.currentTarget.blur()
  }

  return (
    <search className={styles.bar}>
      <div className={styles.search}>
        <SearchIcon />
        <input
          ref={ref}
          type="search"
          className={controls.input}
          aria-label="Search"
          placeholder="Search"
          maxLength={200}
          value={search}
          onChange={(event) => setSearch(event.target.value)}
          onKeyDown={onKeyDown}
        />
      </div>
      <select
        className={controls.input}
        aria-label="Priority"
        value={view.priority ?? ''}
        onChange={({ target }) => changeView({ priority: priorities.find((each) => each === target.value) })}
      >
        <option value="">Any priority</option>
        <PriorityOptions />
      </select>
      <select
        className={controls.input}
        aria-label="Order"
        value={view.search && !view.sort ? '' : sortOf(view)}
        onChange={({ target }) => changeView({ sort: (target.value || undefined) as TaskView['sort'] })}
      >
        {view.search && <option value="">Best match</option>}
        {Object.entries(sortTitles).map(([sort, title]) => (
          <option key={sort} value={sort}>
            {title}
          </option>
        ))}
      </select>
      {view.tag && (
        <Button
          aria-label={`Show every tag, not “${view.tag}” alone`}
          onClick={() => changeView({ tag: undefined })}
        >
          #{view.tag}
          <CrossIcon />
        </Button>
      )}
    </search>
  )
}
