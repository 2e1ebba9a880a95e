import { randomInt } from 'node:crypto'
import { applyChanges, createClient } from '@tasklane/client'
import fc from 'fast-check'
import { afterAll, beforeAll, inject, it } from 'vitest'
import { Account } from './account.ts'
import { someCommands } from './commands/index.ts'
import { expectAllAsKnown } from './final-checks.ts'
import { Host } from './host.ts'
import { type SignedInUser, signUp, usersCount, World } from './world.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the long form. */
    testArguments?: Record<string, string>
  }
}

const given = inject('testArguments')
const runs = Number(given?.['runs'] ?? (given ? 1000 : 50))
const seed = Number(given?.['seed'] ?? randomInt(2 ** 31))
/** Of a failure: begins with the run that failed. */
const path = given?.['path'] ?? ''

const setUpSeconds = 60
const runSecondsMax = 4
/** Shrinking a failure may take longer than is waited for. */
const limit = { interruptAfterTimeLimit: runs * runSecondsMax * 1000, markInterruptAsFailure: true }

const product = { createClient, applyChanges }
let host: Host
let users: SignedInUser[]

beforeAll(async () => {
  host = await Host.open()
  users = await Promise.all(Array.from({ length: usersCount }, () => signUp(host, product)))
})
afterAll(() => host.close())

it(
  'answers, stores and tells changes as the model does, whoever calls what, at once, again, and over restarts',
  async () => {
    const executed = { count: 0 }
    const property = fc.asyncProperty(someCommands(executed), async (commands) => {
      const world = new World(host, users, product)
      const model = { accounts: users.map(({ id }) => new Account(id)) }
      try {
        await fc.asyncModelRun(() => ({ model, real: world }), commands)
        await expectAllAsKnown(model, world)
      } finally {
        await world.close()
      }
    })
    try {
      await fc.assert(property, { seed, path, numRuns: runs, ...limit })
    } finally {
      console.log(`Model of tasks: seed ${seed}, ${runs} runs, ${executed.count} commands`)
    }
  },
  (setUpSeconds + runs * runSecondsMax) * 1000,
)
