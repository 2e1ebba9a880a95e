import { testPassword } from '@tasklane/api/testing'
import { queryRows } from '../fixtures/rows.ts'
import type { Account } from './account.ts'
import { type Call, type Client, perform } from './calls.ts'
import { explain, type Story } from './explain.ts'
import { type ApplyChanges, Follower } from './follower.ts'
import type { Host } from './host.ts'
import { Line } from './line.ts'
import { TaskWatch } from './task-watch.ts'

/** What of the client is tried out. */
export interface Product {
  createClient: (options: { url: string; fetch: typeof fetch }) => Client
  applyChanges: ApplyChanges
}

/** A client that is signed in, and its network. */
interface Connected {
  client: Client
  line: Line
}

/** Somebody who is signed in on several clients. Signing in is not what is tried out: once is enough for all runs. */
export interface SignedInUser {
  id: string
  clients: [Connected, Connected]
  watcher: Connected
}

/** One of a user's two clients, and what it knows from reading the feed. */
export interface Device extends Connected {
  follower: Follower
}

/** A user in one run. */
export interface Person {
  devices: [Device, Device]
  watch: TaskWatch
  watchLine: Line
}

export const usersCount = 3

/** What the model knows of each user. */
export interface Model {
  accounts: Account[]
}

/** The users of one run, who begin with nothing, and the server they call. */
export class World {
  readonly host: Host
  readonly people: readonly Person[]

  /** Has each of the users watch the own tasks. */
  constructor(host: Host, users: readonly SignedInUser[], { applyChanges }: Pick<Product, 'applyChanges'>) {
    this.host = host
    this.people = users.map(({ clients: [first, second], watcher }) => ({
      devices: [
        { ...first, follower: new Follower(applyChanges) },
        { ...second, follower: new Follower(applyChanges) },
      ],
      watch: new TaskWatch(watcher.client, applyChanges),
      watchLine: watcher.line,
    }))
    for (const { watch } of this.people) watch.start()
  }

  person(user: number): Person {
    return at(this.people, user)
  }

  device(user: number, number: number): Device {
    return at(this.person(user).devices, number)
  }

  /** Makes a call, and fails unless it is answered as the model says. */
  async call(
    model: Model,
    { user, device, call }: { user: number; device: number; call: Call },
  ): Promise<void> {
    const outcome = await perform(this.device(user, device).client, call)
    settle(model, user, { stories: [(account) => [account.run(call)]], outcomes: [outcome] })
  }

  /** Ends the streams and removes all that was written. */
  async close(): Promise<void> {
    await Promise.all(this.people.map(({ watch }) => watch.stop()))
    for (const table of ['tasks', 'task_tombstones', 'task_feeds'])
      await queryRows(this.host.database, `delete from ${table}`)
  }
}

/** Goes on with the account as one of the stories has made it. */
export function settle(
  model: Model,
  user: number,
  { stories, outcomes }: { stories: Story[]; outcomes: Parameters<typeof explain>[2] },
): void {
  model.accounts[user] = explain(at(model.accounts, user), stories, outcomes)
}

export function accountOf({ accounts }: Model, user: number): Account {
  return at(accounts, user)
}

function at<Value>(all: readonly Value[], index: number): Value {
  const value = all[index]
  if (value === undefined) throw new RangeError(`There is no number ${index}`)
  return value
}

/** Makes an account, and signs all its clients in. */
export async function signUp(
  host: Host,
  { createClient }: Pick<Product, 'createClient'>,
): Promise<SignedInUser> {
  const email = `${crypto.randomUUID()}@example.com`
  const connect = (): Connected => {
    const line = new Line(host)
    return { line, client: createClient({ url: 'http://tasklane.test', fetch: line.fetch }) }
  }
  const [first, second, watcher] = [connect(), connect(), connect()]
  const { user } = await first.client.auth.signUp.mutate({ email, password: testPassword })
  for (const { client } of [second, watcher]) {
    await client.auth.logIn.mutate({ usernameOrEmail: email, password: testPassword })
  }
  return { id: user.id, clients: [first, second], watcher }
}
