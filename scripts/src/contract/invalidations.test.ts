import { readFile } from 'node:fs/promises'
import { describeProcedures } from '@tasklane/api'
import { expect, it } from 'vitest'
import { contractFolder } from './contract-files.ts'
import { invalidationsBeside, invalidationsText } from './invalidations.ts'

it('is in the client as the procedures say. Run `npm run contract` when they say something else', async () => {
  expect(await readFile(invalidationsBeside(contractFolder), 'utf8')).toBe(invalidationsText())
})

it('names every mutation', () => {
  const mutations = describeProcedures().procedures.filter(({ type }) => type === 'mutation')
  for (const { path } of mutations) expect(invalidationsText()).toContain(`  '${path}': [`)
  expect(mutations.length).toBeGreaterThan(20)
})
