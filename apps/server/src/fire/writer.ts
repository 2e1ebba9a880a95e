import { setTimeout as pause } from 'node:timers/promises'
import type { Reason, Task, TasklaneClient } from '@tasklane/client'
import { insist } from './insist.ts'
import type { Ledger } from './ledger.ts'
import { chooseWrite, type Operation, send, shows, type Write } from './operations.ts'
import type { Random } from './random.ts'

/** What others who write at the same time make of a write. Nothing else is a reason to refuse one. */
const expectedReasons: Reason[] = ['TASK_NOT_FOUND', 'VERSION_CONFLICT', 'TASK_NOT_IN_TRASH']
const pauseMaxMilliseconds = 10

export interface WriterFigures {
  /** Calls that were answered as wanted. */
  acknowledged: number
  refused: number
  /** Calls that were sent again, because their connection was killed. */
  repeated: number
}

interface Setting {
  name: string
  client: TasklaneClient
  ledger: Ledger
  random: Random
}

/** Writes at random what its user has, and tells the ledger what was answered. */
export class Writer {
  readonly figures: WriterFigures = { acknowledged: 0, refused: 0, repeated: 0 }
  readonly #setting: Setting

  constructor(setting: Setting) {
    this.#setting = setting
  }

  /** One call after another until the signal, each of them until it was answered. */
  async writeUntil(signal: AbortSignal): Promise<void> {
    const { random } = this.#setting
    while (!signal.aborted) {
      await this.#write(chooseWrite(this.#setting))
      await pause(random.integer(0, pauseMaxMilliseconds))
    }
  }

  async #write(write: Write): Promise<void> {
    if (write.op === 'purge') return await this.#purge(write)
    if (write.op === 'batch') return await this.#batch(write)
    const { client, ledger, random, name } = this.#setting
    const outcome = await insist((signal) => send(client, write, signal), random)
    this.#count(outcome)
    if (outcome.refusal) this.#refuse(outcome.refusal, write)
    else {
      ledger.see(outcome.answer, name)
      this.#acknowledge(write, shows(outcome.answer, write))
    }
  }

  async #purge({ input }: Extract<Write, { op: 'purge' }>): Promise<void> {
    const { client, ledger, random } = this.#setting
    const outcome = await insist((signal) => client.tasks.purge.mutate(input, { signal }), random)
    this.#count(outcome)
    if (outcome.refusal) this.#refuse(outcome.refusal, { op: 'purge', input })
    else ledger.purged.add(outcome.answer.id)
  }

  async #batch({ input }: Extract<Write, { op: 'batch' }>): Promise<void> {
    const { client, ledger, random, name } = this.#setting
    const outcome = await insist((signal) => client.tasks.batch.mutate(input, { signal }), random)
    this.#count(outcome)
    if (outcome.refusal) {
      if (outcome.attempts > 1) ledger.doubt(input.operations.map(({ input: { id } }) => id))
      return this.#refuse(outcome.refusal, { op: 'batch', input })
    }
    const { results } = outcome.answer
    for (const [index, operation] of input.operations.entries()) {
      const result = results[index]
      if (!result?.ok) this.#refuse(result, operation)
      else {
        ledger.see(result.task, name)
        this.#acknowledge(operation, shows(result.task, operation))
      }
    }
  }

  #acknowledge(operation: Operation, isShown: boolean): void {
    const { ledger, name } = this.#setting
    if (operation.op === 'create') ledger.created.add(operation.input.id)
    if (!isShown)
      ledger.faults.push(`${name}: the answer to ${JSON.stringify(operation)} shows something else`)
  }

  #refuse(refusal: { reason: Reason; task?: Task | undefined } | undefined, write: Write): void {
    const { ledger, name } = this.#setting
    if (refusal?.task) ledger.see(refusal.task, name)
    if (!refusal || !expectedReasons.includes(refusal.reason))
      ledger.faults.push(`${name}: ${refusal?.reason} for ${JSON.stringify(write).slice(0, 300)}`)
  }

  #count({ attempts, refusal }: { attempts: number; refusal?: unknown }): void {
    if (refusal) this.figures.refused += 1
    else this.figures.acknowledged += 1
    if (attempts > 1) this.figures.repeated += 1
  }
}
