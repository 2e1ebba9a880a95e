import { setTimeout as pause } from 'node:timers/promises'
import type { TasklaneClient } from '@tasklane/client'
import { FeedReader, type Saved } from './feed-reader.ts'
import { insistOn } from './insist.ts'
import type { Ledger } from './ledger.ts'
import type { Random } from './random.ts'
import { listAll } from './table.ts'

/** Where a watcher begins: at the beginning, now and with a list of what there is, or nowhere in this feed. */
export type Start = 'beginning' | 'now' | 'nowhere'

export interface WatcherFigures {
  pages: number
  changes: number
  crashes: number
}

interface Setting {
  name: string
  start: Start
  /** Whether it is aborted at random, and goes on from what it had saved. */
  crashes: boolean
  /** A new program with the session of the one before. */
  createClient: () => TasklaneClient
  ledger: Ledger
  random: Random
}

const notOfThisFeed = 900_000_000_000
const lifeMinMilliseconds = 100
const lifeMaxMilliseconds = 1500
const napProbability = 0.05
/** Several pages come in this time, now and then more than are read ahead. */
const napMilliseconds = 700

/** Follows what its user has, and keeps what it was told. */
export class Watcher {
  readonly name: string
  readonly figures: WatcherFigures = { pages: 0, changes: 0, crashes: 0 }
  readonly #setting: Setting
  readonly #reader: FeedReader

  constructor(setting: Setting) {
    this.#setting = setting
    this.name = setting.name
    this.#reader = new FeedReader({ ...setting, isToldToLoad: setting.start === 'nowhere' })
  }

  get saved(): Saved {
    return this.#reader.saved
  }

  /** Crashes until `calm`, and goes on until `end`. */
  async watchUntil({ calm, end }: { calm: AbortSignal; end: AbortSignal }): Promise<void> {
    while (!end.aborted) {
      const crash = this.#scheduleCrash(calm)
      await this.#live(AbortSignal.any([crash, end]), calm)
      if (!crash.aborted && !end.aborted) throw new Error('The watch ended by itself')
      if (crash.aborted) this.figures.crashes += 1
    }
  }

  /** Nobody crashes any more from `calm` on. */
  #scheduleCrash(calm: AbortSignal): AbortSignal {
    const { crashes, random } = this.#setting
    const crash = new AbortController()
    if (!crashes || calm.aborted) return crash.signal
    const crashUnlessCalm = () => {
      if (!calm.aborted) crash.abort()
    }
    setTimeout(crashUnlessCalm, random.integer(lifeMinMilliseconds, lifeMaxMilliseconds))
    return crash.signal
  }

  /** One life of the program: it may lose the page that it has in its hands. */
  async #live(signal: AbortSignal, calm: AbortSignal): Promise<void> {
    const { createClient, random, start } = this.#setting
    const reader = this.#reader
    const client = createClient()
    const first = { beginning: 0, now: undefined, nowhere: notOfThisFeed }[start]
    reader.restart()
    for await (const page of client.tasks.watch({ since: reader.saved.next ?? first, signal })) {
      if (signal.aborted) break
      this.figures.pages += 1
      this.figures.changes += page.changes.length
      const isFirst = reader.saved.next === undefined
      reader.take(page)
      if (isFirst && start === 'now') reader.saved = { next: page.next, state: await this.#list(client) }
      if (!calm.aborted && random.isTrue(napProbability)) await pause(napMilliseconds)
    }
  }

  async #list(client: TasklaneClient): Promise<Saved['state']> {
    const { ledger, name, random } = this.#setting
    const tasks = await insistOn((signal) => listAll(client, { signal }), random)
    for (const task of tasks) ledger.see(task, name)
    return new Map(tasks.map((task) => [task.id, task]))
  }
}
