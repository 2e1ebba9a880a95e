import styles from './priority-mark.module.css'
import { type Priority, priorities } from './task-view.ts'

const heights = { low: 1, medium: 2, high: 3, urgent: 3 }

/** How urgent a task is, as bars. */
export function PriorityMark({ priority }: { priority: Priority }) {
  return (
    <span className={styles.mark} data-priority={priority} title={`Priority: ${priority}`}>
      <svg aria-hidden="true" width="14" height="14" viewBox="0 0 14 14" fill="currentColor">
        {[1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={4 * bar - 3}
            y={12 - 3.5 * bar}
            width="2.6"
            height={3.5 * bar}
            rx="1"
            opacity={bar <= heights[priority] ? 1 : 0.25}
          />
        ))}
      </svg>
      <span className={styles.name}>{priority}</span>
    </span>
  )
}

/** The priorities, for a `select`. */
export const PriorityOptions = () =>
  priorities.map((priority) => (
    <option key={priority} value={priority}>
      {priority[0]?.toUpperCase()}
      {priority.slice(1)}
    </option>
  ))
