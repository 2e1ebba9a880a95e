import { randomInt } from 'node:crypto'
import { createEmptyDatabase } from '@tasklane/db/testing'
import { expect, inject, it, onTestFinished } from 'vitest'
import { Fire } from './fire.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the long form. */
    testArguments?: Record<string, string>
  }
}

const given = inject('testArguments')
const seconds = Number(given?.['seconds'] ?? (given ? 20 : 4))
const seed = Number(given?.['seed'] ?? randomInt(1_000_000))

/** For the starts of the server, and for the last to catch up. */
const otherSecondsMax = 150
const faultsShownMax = 20

it(
  'tells every watcher everything once and in order, whatever is killed in between',
  async () => {
    console.log(`Feed under fire: seed ${seed}, ${seconds} s`)
    const fire = await Fire.prepare({ seed, seconds, databaseUrl: await createDatabase() })
    onTestFinished(() => fire.close())
    const figures = await fire.run()
    await fire.close()
    console.log(JSON.stringify(figures, undefined, 1).replaceAll(/\n {3,}|\n {2}(?=\})/g, ' '))

    expect(fire.faults.slice(0, faultsShownMax).join('\n')).toBe('')
    expect(figures.refreshes).toBeGreaterThanOrEqual(8)
    expect(Object.values(figures.kills).reduce((sum, count) => sum + count)).toBeGreaterThan(10)
    for (const { acknowledged } of Object.values(figures.writers)) expect(acknowledged).toBeGreaterThan(0)
    for (const { connections } of Object.values(figures.watchers)) expect(connections).toBeGreaterThan(2)
  },
  (otherSecondsMax + seconds) * 1000,
)

async function createDatabase(): Promise<string | undefined> {
  const serverUrl = inject('testDatabaseUrl')
  if (!serverUrl) return undefined
  const { url, drop } = await createEmptyDatabase(serverUrl)
  onTestFinished(drop)
  return url
}
