import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { isReason } from '@tasklane/api/contract'
import { expect, it } from 'vitest'
import { variableNames } from './env.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const read = (path: string) => readFileSync(`${root}${path}`, 'utf8')
const documents = ['README.md', 'CONTRIBUTING.md'].concat(
  ['docs', 'docs/decisions'].flatMap((folder) =>
    readdirSync(`${root}${folder}`)
      .filter((name) => name.endsWith('.md'))
      .map((name) => `${folder}/${name}`),
  ),
)

it.each(documents)('%s names only files that there are', (document) => {
  const text = read(document)
  const named = [...text.matchAll(/`((?:apps|packages|scripts|docs|drizzle|bench)\/[\w./-]+\.\w+)`/g)]
  const linked = [...text.matchAll(/\]\((?!http|#)([^)#]+)\)/g)]
  const folder = document.slice(0, document.lastIndexOf('/') + 1)
  const paths = [...named.map(([, path]) => path ?? ''), ...linked.map(([, path]) => `${folder}${path}`)]
  expect(paths.filter((path) => !existsSync(`${root}${path}`))).toEqual([])
})

it('docs/security.md proves each threat by tests that there are', () => {
  const threats = read('docs/security.md').split('\n## Threats\n')[1] ?? ''
  const rows = threats.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
  expect(rows.length).toBeGreaterThan(25)
  for (const row of rows.slice(1)) {
    const proof = row.split(' | ').at(-1) ?? ''
    const proofs = [...proof.matchAll(/`([^`]+)` ((?:"[^"]+"(?:, )?)+)/g)]
    expect(proofs.length > 0 || proof.startsWith('the same'), row).toBe(true)
    for (const [, file = '', names = ''] of proofs) {
      const tests = read(file)
      for (const [, name = ''] of names.matchAll(/"([^"]+)"/g))
        expect(tests, `${file}: ${name}`).toContain(name)
    }
  }
})

/** Variables of programs and tests. */
const ofOthers = ['TASKLANE_PASSWORD', 'TASKLANE_URL', 'TEST_DATABASE_URL', 'CI_DATABASE_URL']

it.each([
  { document: 'README.md', settingsMin: 20 },
  { document: 'docs/requirements.md', settingsMin: 5 },
  { document: 'docs/security.md', settingsMin: 6 },
  { document: 'docs/tasks.md', settingsMin: 3 },
  { document: 'docs/rest.md', settingsMin: 0 },
  { document: 'docs/trpc.md', settingsMin: 0 },
])('$document names only settings that there are', ({ document, settingsMin }) => {
  const words = [...read(document).matchAll(/`((?:[A-Z]+_)+[A-Z]+)(?:=[^`]*)?`/g)].map(
    ([, name]) => name ?? '',
  )
  const ours = words.filter((word) => !isReason(word) && !ofOthers.includes(word))
  expect(ours.length).toBeGreaterThanOrEqual(settingsMin)
  expect(ours.filter((name) => !variableNames.includes(name))).toEqual([])
})
