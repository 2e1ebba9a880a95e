import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { describeProcedures } from '@tasklane/api'

const path = 'packages/client/src/react/invalidations.ts'

/** The file of the client beside a folder of the contract. */
export const invalidationsBeside = (contractFolder: string) => join(contractFolder, '..', path)

/** What the client knows of which mutation changes which queries, as a module of its sources. */
export function invalidationsText(): string {
  const lines = describeProcedures()
    .procedures.filter(({ type }) => type === 'mutation')
    .map(({ path: name, meta: { changes = [] } }) => `  '${name}': [${changes.map(quoted).join(', ')}],\n`)
  return [
    '// Written by `npm run contract`, from what each mutation says in its `meta`.\n\n',
    '/** The queries that answer something else after a mutation: each by its name, or all of a feature. */\n',
    'export const invalidations: Readonly<Record<string, readonly string[]>> = {\n',
    ...lines.sort(),
    '}\n',
  ].join('')
}

const quoted = (word: string) => `'${word}'`

/** Gives the file that it wrote. */
export async function writeInvalidations(contractFolder: string): Promise<string> {
  const file = invalidationsBeside(contractFolder)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, invalidationsText())
  return file
}
