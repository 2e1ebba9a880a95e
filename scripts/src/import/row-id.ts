import { v5 as uuidv5 } from 'uuid'
import type { TaskFields } from './task-row.ts'

/** Any UUID that only this import uses. Another one would add every row of an earlier import again. */
const namespace = '037c6aad-6b4a-4f47-b5ed-b3d9e7baef86'

/**
 * Gives ids that tell rows by their content, so that a second import of a file adds nothing. Rows
 * with the same content are told by which of them it is, first, second and so on.
 */
export function createRowIds(): (content: string) => string {
  const occurrences = new Map<string, number>()
  return (content) => {
    const contentId = uuidv5(content, namespace)
    const occurrence = occurrences.get(contentId) ?? 0
    occurrences.set(contentId, occurrence + 1)
    return uuidv5(String(occurrence), contentId)
  }
}

/** The same text for the same fields, in whatever order and under whatever names they were written. */
export function contentOf(fields: TaskFields): string {
  const { title, description, completed, priority, dueDate, tags } = fields
  return JSON.stringify([title, description, completed, priority, dueDate, tags])
}
