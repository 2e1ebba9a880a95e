import { dayAfter, type Priority, priorities } from './task-view.ts'

/** A new task as it was typed in one line. */
export interface QuickTask {
  title: string
  tags: string[]
  priority?: Priority
  dueDate?: string
}

const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']

/**
 * Reads `#tag`, `!high` and `@tomorrow` (or a day of the week, or `@2026-12-24`) out of a line. What is none of
 * them stays in the title, so `#5` does.
 */
export function readQuickTask(line: string, today: string): QuickTask {
  const task: QuickTask = { title: '', tags: [] }
  const words = line.trim().split(/\s+/)
  const rest = words.filter((word) => !take(task, word, today))
  return { ...task, title: rest.join(' ') }
}

function take(task: QuickTask, word: string, today: string): boolean {
  const [, mark, name = ''] = /^([#!@])(\S+)$/.exec(word) ?? []
  const value = name.toLowerCase()
  if (mark === '#' && /^\p{L}/u.test(value) && task.tags.length < 20 && value.length <= 50) {
    task.tags.push(value)
    return true
  }
  const priority = mark === '!' ? priorities.find((each) => each === value) : undefined
  if (priority) task.priority = priority
  const day = mark === '@' ? dayNamed(value, today) : undefined
  if (day) task.dueDate = day
  return priority !== undefined || day !== undefined
}

function dayNamed(name: string, today: string): string | undefined {
  if (name === 'today') return today
  if (name === 'tomorrow') return dayAfter(today)
  const index = weekdays.findIndex((day) => name.length >= 3 && day.startsWith(name))
  if (index >= 0) {
    const now = new Date(`${today}T00:00:00Z`).getUTCDay()
    return dayAfter(today, ((index - now + 6) % 7) + 1)
  }
  const isDay =
    /^\d{4}-\d{2}-\d{2}$/.test(name) && !Number.isNaN(Date.parse(name)) && dayAfter(name, 0) === name
  return isDay ? name : undefined
}
