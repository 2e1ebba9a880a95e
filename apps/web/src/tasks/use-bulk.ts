'use client'

import { useMutation } from '@tanstack/react-query'
import type { ListedTask, TasklaneInputs } from '@tasklane/client'
import { useTasklane } from '@tasklane/client/react'
import { notify, notifyFailure } from '../parts/notify.ts'

export type Operation = TasklaneInputs['tasks']['batch']['operations'][number]

/** Operations in one call. */
const callMax = 100

export interface Bulk {
  isBusy: boolean
  run(text: string, operations: readonly Operation[], undo?: readonly Operation[]): Promise<void>
}

/** Does many things at once, each on its own, and says how many of them did not work. */
export function useBulk(): Bulk {
  const api = useTasklane()
  const { mutateAsync, isPending } = useMutation(api.tasks.batch.mutationOptions())

  async function send(operations: readonly Operation[]): Promise<number> {
    let failures = 0
    for (let start = 0; start < operations.length; start += callMax) {
      const { results } = await mutateAsync({
        atomic: false,
        operations: operations.slice(start, start + callMax),
      })
      failures += results.filter(({ ok }) => !ok).length
    }
    return failures
  }

  async function run(
    text: string,
    operations: readonly Operation[],
    undo?: readonly Operation[],
  ): Promise<void> {
    try {
      const failures = await send(operations)
      const reverse = undo && (() => void send(undo).catch(notifyFailure))
      notify({ text: `${text}: ${count(operations.length - failures)}`, undo: reverse })
      if (failures > 0)
        notify({
          kind: 'error',
          text: `Changed elsewhere meanwhile, and left as they are: ${count(failures)}`,
        })
    } catch (error) {
      notifyFailure(error)
    }
  }

  return { isBusy: isPending, run }
}

const count = (tasks: number) => `${tasks} ${tasks === 1 ? 'task' : 'tasks'}`

/** The same operation for each task. */
export function forEach(
  tasks: readonly ListedTask[],
  op: 'complete' | 'reopen' | 'delete' | 'restore',
): readonly Operation[] {
  return tasks.map(({ id }) => ({ op, input: { id } }))
}
