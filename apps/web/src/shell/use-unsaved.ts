import { useMutationState } from '@tanstack/react-query'
import { useTasklane, useUnsavedTasks } from '@tasklane/client/react'

/** How many tasks have changes that the server has not answered, one by one or many at once. */
export function useUnsaved(): number {
  const mutationKey = useTasklane().tasks.batch.mutationKey()
  const batches = useMutationState({
    filters: { mutationKey, status: 'pending' },
    select: ({ state }) => (state.variables as { operations: readonly unknown[] }).operations.length,
  })
  return batches.reduce((sum, count) => sum + count, useUnsavedTasks().length)
}
