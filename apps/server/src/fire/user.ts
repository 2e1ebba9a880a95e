import { randomUUID } from 'node:crypto'
import {
  type ClientOptions,
  createClient,
  memoryStore,
  type Task,
  type TasklaneClient,
} from '@tasklane/client'
import { FeedReader, type Saved } from './feed-reader.ts'
import { Ledger } from './ledger.ts'
import { listAll } from './table.ts'

const password = 'Correct-Horse-1'
/** More than a page, so that whoever reads from the beginning is killed between pages, too. */
const tasksBefore = 130

/** One program of a user, signed in for itself. */
export interface Program {
  /** Started anew, with the session that it had. */
  createClient(): TasklaneClient
  /** How often it called this procedure. */
  calls(path: string): number
}

/** Somebody with tasks, on a server without a fault in between. */
export class User {
  readonly name: string
  readonly ledger = new Ledger()
  readonly client: TasklaneClient
  /** What all pages of `tasks.changes` make, as last read. */
  feed: { name: string; saved: Saved } | undefined
  readonly #email = `${randomUUID()}@example.com`

  constructor(name: string, url: string) {
    this.name = name
    this.client = createClient({ url })
  }

  async signUp(): Promise<void> {
    await this.client.auth.signUp.mutate({ email: this.#email, password })
    for (let made = 0; made < tasksBefore; made += 65) await this.#createTasks(65)
  }

  async #createTasks(count: number): Promise<void> {
    const operations = Array.from({ length: count }, (_, index) => {
      return { op: 'create', input: { id: randomUUID(), title: `Before ${index}` } } as const
    })
    const { results } = await this.client.tasks.batch.mutate({ atomic: true, operations })
    for (const result of results) {
      if (!result.ok) throw new Error(`A task could not be made: ${result.reason}`)
      this.ledger.created.add(result.task.id)
      this.ledger.see(result.task, this.name)
    }
  }

  /** A program at `url`. */
  async logIn(url: string): Promise<Program> {
    const session = memoryStore()
    const sent: string[] = []
    const send: ClientOptions['fetch'] = (target, init) => {
      sent.push(...new URL(String(target)).pathname.replace('/trpc/', '').split(','))
      return fetch(target, init as RequestInit)
    }
    const start = () => createClient({ url, session, fetch: send })
    await start().auth.logIn.mutate({ usernameOrEmail: this.#email, password })
    return { createClient: start, calls: (path) => sent.filter((called) => called === path).length }
  }

  /** The number of the last change. The feed itself may stand higher: a repeated creation takes a number, too. */
  async lastSeq(): Promise<number> {
    const reader = new FeedReader({ name: `${this.name}'s feed`, ledger: this.ledger })
    for (let isRead = false; !isRead; ) {
      const page = await this.client.tasks.changes.query({ since: reader.saved.next ?? 0 })
      reader.take(page)
      isRead = page.changes.length === 0
    }
    this.feed = { name: `${this.name}'s feed`, saved: reader.saved }
    return reader.seq
  }

  /** Makes one more task, and gives the number of that change. */
  async change(): Promise<number> {
    await this.#createTasks(1)
    return await this.lastSeq()
  }

  async tasks(): Promise<{ live: Task[]; trashed: Task[] }> {
    const live = await listAll(this.client)
    return { live, trashed: await listAll(this.client, { trashed: true }) }
  }
}
