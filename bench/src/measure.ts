import { setTimeout as pause } from 'node:timers/promises'
import { createClient, type TasklaneClient } from '@tasklane/client'
import { type Reading, readUntil } from './reader.ts'
import { type Account, sendStorm } from './storm.ts'

const tasksOfReader = 20
const paceMilliseconds = 10
/** No further round starts when it would be likely to end after this. */
const roundsMilliseconds = 25_000

export interface Server {
  url: string
  signal: AbortSignal
}

export interface People {
  /** Somebody with some tasks, signed in. */
  reader: TasklaneClient
  /** Whose log-ins are sent, with the right password: those cost the server most. */
  victims: Account[]
}

export interface Plan extends Server, People {
  storms: number
  logInsPerStorm: number
  quietSeconds: number
}

/** A quiet part, and a storm. */
export interface Round {
  quiet: Reading[]
  storm: Reading[]
  /** How each log-in was answered. */
  answers: string[]
}

export interface Measured {
  /** Not to be timed: in it both sides are still being compiled, and open their connections. */
  warmUp: Round
  rounds: Round[]
}

/**
 * Measures a reader in rounds, each with a quiet part and a storm of log-ins by others, so that what
 * else the machine does falls on both. There are fewer rounds than storms were asked for when they
 * take long.
 *
 * @throws what `signal` was aborted with.
 */
export async function measure(plan: Plan): Promise<Measured> {
  const warmUp = await measureRound(plan)
  const startedAt = performance.now()
  const rounds = [await measureRound(plan)]
  while (rounds.length < plan.storms && isTimeForAnother(rounds.length, startedAt))
    rounds.push(await measureRound(plan))
  return { warmUp, rounds }
}

async function measureRound(plan: Plan): Promise<Round> {
  const { url, victims: accounts, logInsPerStorm: logIns, quietSeconds, signal } = plan
  const reader = { client: plan.reader, paceMilliseconds, signal }
  const quiet = await readUntil(pause(quietSeconds * 1000, undefined, { signal }), reader)
  const answers = sendStorm({ url, accounts, logIns, signal })
  const storm = await readUntil(answers, reader)
  signal.throwIfAborted()
  return { quiet, storm, answers: await answers }
}

function isTimeForAnother(rounds: number, startedAt: number): boolean {
  const elapsed = performance.now() - startedAt
  return elapsed + elapsed / rounds <= roundsMilliseconds
}

/** Signs people up at a server that nobody has used. */
export async function createPeople(server: Server): Promise<People> {
  const { signal } = server
  const reader = await signUp(server, accountOf('reader'))
  const titles = Array.from({ length: tasksOfReader }, (_, index) => `Task ${index + 1}`)
  await Promise.all(titles.map((title) => reader.tasks.create.mutate({ title }, { signal })))
  const victims = ['victim-1', 'victim-2', 'victim-3'].map(accountOf)
  for (const victim of victims) await signUp(server, victim)
  return { reader, victims }
}

async function signUp({ url, signal }: Server, account: Account): Promise<TasklaneClient> {
  const client = createClient({ url })
  await client.auth.signUp.mutate(account, { signal })
  return client
}

function accountOf(name: string): Account {
  return { email: `${name}@example.com`, password: 'Correct-Horse-1' }
}
