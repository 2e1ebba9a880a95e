import { setTimeout as pause } from 'node:timers/promises'
import type { Task } from '@tasklane/client'
import { createFaultyProxy, type FaultyProxy } from './faulty-proxy.ts'
import { contentOf } from './ledger.ts'
import { createRandom } from './random.ts'
import { type RestartedServer, startRestartedServer } from './restarted-server.ts'
import { type Program, User } from './user.ts'
import { type Start, Watcher, type WatcherFigures } from './watcher.ts'
import { Writer, type WriterFigures } from './writer.ts'

interface Setting {
  seed: number
  /** How long it burns, without the time that the restarts take. */
  seconds: number
  /** Default: the embedded database, in a folder of its own. */
  databaseUrl?: string | undefined
}

export interface Figures {
  writers: Record<string, WriterFigures>
  watchers: Record<string, WatcherFigures & { connections: number }>
  kills: FaultyProxy['kills']
  connections: number
  refreshes: number
  tasks: number
  trashed: number
  purged: number
  /** From the last write until every watcher had it. */
  catchUpMilliseconds: number
  /** The same for one more write, when all was quiet. */
  newsMilliseconds: number
}

/** More than the longest wait before a watch connects again. */
const catchUpMaxMilliseconds = 20_000
/** Much less than the time between the server's own looks after news. */
const newsMaxMilliseconds = 5_000
const callsAtOnce = 2
const writesPerBurnMin = 30
const slowBurnMaxMilliseconds = 20_000

const plan: { name: string; watchers: { start: Start; crashes: boolean }[] }[] = [
  {
    name: 'Ada',
    watchers: [
      { start: 'beginning', crashes: false },
      { start: 'nowhere', crashes: true },
    ],
  },
  {
    name: 'Bea',
    watchers: [
      { start: 'now', crashes: false },
      { start: 'beginning', crashes: true },
    ],
  },
]

interface Followed {
  user: User
  watcher: Watcher
  program: Program
  ended: Promise<void>
}

/**
 * Two users, each with two programs that write and two that follow, while connections are killed, tokens
 * expire and the server is ended by SIGTERM and by SIGKILL and started again.
 */
export class Fire {
  readonly #setting: Setting
  readonly #server: RestartedServer
  readonly #proxy: FaultyProxy
  readonly #users: User[] = []
  readonly #writers: { name: string; writer: Writer; program: Program }[] = []
  readonly #followed: Followed[] = []
  readonly #faults: string[] = []
  /** Nothing is written or killed from here on. */
  readonly #calm = new AbortController()
  readonly #end = new AbortController()

  private constructor(setting: Setting, { server, proxy }: { server: RestartedServer; proxy: FaultyProxy }) {
    this.#setting = setting
    this.#server = server
    this.#proxy = proxy
  }

  static async prepare(setting: Setting): Promise<Fire> {
    const server = await startRestartedServer(setting.databaseUrl)
    const random = createRandom(setting.seed, 'proxy')
    return new Fire(setting, { server, proxy: await createFaultyProxy({ port: server.port, random }) })
  }

  /** What must not have happened. All of it is known once everything is closed. */
  get faults(): string[] {
    const told = this.#users.flatMap(({ ledger }) => ledger.faults)
    return [...this.#faults, ...told, ...this.#server.faults]
  }

  /** Ends what was started. */
  async close(): Promise<void> {
    this.#calm.abort()
    this.#end.abort()
    await this.#proxy.close()
    await this.#server.close()
  }

  get #programs(): Program[] {
    return [...this.#writers, ...this.#followed].map(({ program }) => program)
  }

  #hasEachRefreshed(): boolean {
    return this.#programs.every(({ calls }) => calls('auth.refresh') > 0)
  }

  async run(): Promise<Figures> {
    const { seed } = this.#setting
    for (const each of plan) await this.#prepare(each)
    const killing = this.#proxy.killUntil(this.#calm.signal)
    const writing = this.#writers.flatMap(({ name, writer }) =>
      Array.from({ length: callsAtOnce }, () => this.#note(name, writer.writeUntil(this.#calm.signal))),
    )
    const signals = createRandom(seed, 'restarts').pick([
      ['SIGTERM', 'SIGKILL'],
      ['SIGKILL', 'SIGTERM'],
    ] as const)
    await this.#burn()
    for (const signal of signals) {
      await this.#server.restart(signal)
      await this.#burn()
    }
    await waitUntil(() => this.#hasEachRefreshed(), slowBurnMaxMilliseconds)
    this.#calm.abort()
    await Promise.all([killing, ...writing])
    const catchUpMilliseconds = await this.#catchUp((user) => user.lastSeq(), catchUpMaxMilliseconds)
    const newsMilliseconds = await this.#catchUp((user) => user.change(), newsMaxMilliseconds)
    this.#end.abort()
    await Promise.all(this.#followed.map(({ ended }) => ended))
    return { ...(await this.#compare()), catchUpMilliseconds, newsMilliseconds }
  }

  async #prepare({ name, watchers }: (typeof plan)[number]): Promise<void> {
    const { seed } = this.#setting
    const user = new User(name, this.#server.url)
    const { ledger } = user
    await user.signUp()
    this.#users.push(user)
    for (const number of [1, 2]) {
      const program = await user.logIn(this.#proxy.url)
      const writerName = `${name}'s writer ${number}`
      const random = createRandom(seed, writerName)
      const writer = new Writer({ name: writerName, client: program.createClient(), ledger, random })
      this.#writers.push({ name: writerName, writer, program })
    }
    for (const { start, crashes } of watchers) {
      const program = await user.logIn(this.#proxy.url)
      const watcherName = `${name}'s watcher from ${start}${crashes ? ' that crashes' : ''}`
      const random = createRandom(seed, watcherName)
      const watcher = new Watcher({ ...program, name: watcherName, start, crashes, ledger, random })
      const ended = this.#note(
        watcherName,
        watcher.watchUntil({ calm: this.#calm.signal, end: this.#end.signal }),
      )
      this.#followed.push({ user, watcher, program, ended })
    }
  }

  /** For a third of the time, and until enough is written: a server that was just started is slow. */
  async #burn(): Promise<void> {
    const written = () => this.#writers.reduce((sum, { writer }) => sum + writer.figures.acknowledged, 0)
    const enough = written() + writesPerBurnMin
    await pause((this.#setting.seconds * 1000) / 3)
    await waitUntil(() => written() >= enough, slowBurnMaxMilliseconds)
  }

  /** What ends by an error is a fault. */
  async #note(name: string, work: Promise<void>): Promise<void> {
    await work.catch((error: unknown) => this.#faults.push(`${name}: ${describe(error)}`))
  }

  /** Waits until every watcher has the last change of its user. Gives how long it took. */
  async #catchUp(lastSeqOf: (user: User) => Promise<number>, timeoutMilliseconds: number): Promise<number> {
    const startedAt = performance.now()
    const positions = new Map<User, number>()
    for (const user of this.#users) positions.set(user, await lastSeqOf(user))
    const late = () =>
      this.#followed.filter(({ user, watcher }) => (watcher.saved.next ?? 0) < (positions.get(user) ?? 0))
    await waitUntil(() => late().length === 0, timeoutMilliseconds)
    const milliseconds = Math.round(performance.now() - startedAt)
    for (const { user, watcher } of late()) {
      this.#faults.push(
        `${watcher.name} stands at ${watcher.saved.next} after ${milliseconds} ms of quiet,` +
          ` but the last change has seq ${positions.get(user)}`,
      )
    }
    return milliseconds
  }

  /** Everything that was told with everything that there is. */
  async #compare(): Promise<Omit<Figures, 'catchUpMilliseconds' | 'newsMilliseconds'>> {
    const count = { tasks: 0, trashed: 0, purged: 0 }
    for (const user of this.#users) {
      const { live, trashed } = await user.tasks()
      user.ledger.settle([...live, ...trashed])
      count.tasks += live.length
      count.trashed += trashed.length
      count.purged += user.ledger.purged.size
      const watchers = this.#followed.filter((followed) => followed.user === user)
      for (const told of [user.feed, ...watchers.map(({ watcher }) => watcher)]) {
        if (told) this.#compareState(told, live)
      }
    }
    return {
      ...count,
      kills: this.#proxy.kills,
      connections: this.#proxy.connections(),
      refreshes: this.#programs.reduce((sum, { calls }) => sum + calls('auth.refresh'), 0),
      writers: Object.fromEntries(this.#writers.map(({ name, writer }) => [name, writer.figures])),
      watchers: Object.fromEntries(
        this.#followed.map(({ watcher, program }) => [
          watcher.name,
          { ...watcher.figures, connections: program.calls('tasks.onChange') },
        ]),
      ),
    }
  }

  #compareState({ name, saved }: Pick<Watcher, 'name' | 'saved'>, live: Task[]): void {
    const stored = new Map(live.map((task) => [task.id, task]))
    for (const [id, told] of saved.state) {
      const task = stored.get(id)
      if (!task) this.#faults.push(`${name} has ${id}, which is not in the table`)
      else if (contentOf(task) !== contentOf(told))
        this.#faults.push(`${name} has ${id} at version ${told.version}, the table at ${task.version}`)
    }
    for (const id of stored.keys()) {
      if (!saved.state.has(id)) this.#faults.push(`${name} lacks ${id}`)
    }
  }
}

/** As long as it takes, but no longer than the time. */
async function waitUntil(isDone: () => boolean, timeoutMilliseconds: number): Promise<void> {
  const endsAt = performance.now() + timeoutMilliseconds
  while (!isDone() && performance.now() < endsAt) await pause(10)
}

function describe(error: unknown): string {
  return error instanceof Error
    ? `${error.stack}${error.cause ? `\ncause: ${describe(error.cause)}` : ''}`
    : String(error)
}
