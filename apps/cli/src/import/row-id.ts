import { v5 as uuidv5 } from 'uuid'
import type { RowFields } from './row.ts'

/** That of `import-tasks`: what one of them brought, the other takes for its own. */
const namespace = '037c6aad-6b4a-4f47-b5ed-b3d9e7baef86'

/**
 * Gives ids that tell rows by their content, so that a second import of a file adds nothing. Rows
 * with the same content are told by which of them it is, first, second and so on.
 */
export function createRowIds(): (fields: RowFields) => string {
  const occurrences = new Map<string, number>()
  return ({ id, title, description, completed, priority, dueDate, tags }) => {
    if (id !== undefined) return id
    const contentId = uuidv5(
      JSON.stringify([title, description, completed, priority, dueDate, tags]),
      namespace,
    )
    const occurrence = occurrences.get(contentId) ?? 0
    occurrences.set(contentId, occurrence + 1)
    return uuidv5(String(occurrence), contentId)
  }
}
