import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

const folder = new URL('./', import.meta.url)

it('every requirement has exactly one test, and every test its requirement', () => {
  const document = readFileSync(new URL('../../../../docs/requirements.md', import.meta.url), 'utf8')
  const required = [...document.matchAll(/^- \*\*([A-Z]\d+)\*\* /gm)].map(([, id]) => id)
  const tested = readdirSync(folder)
    .filter((name) => name.endsWith('.test.ts'))
    .flatMap((name) => [
      ...readFileSync(new URL(name, folder), 'utf8').matchAll(/^\s*it[.\w]*\(\s*['"`]([A-Z]\d+) /gm),
    ])
    .map(([, id]) => id)
  expect(required.length).toBeGreaterThan(40)
  expect(new Set(required).size).toBe(required.length)
  expect(tested.sort()).toEqual(required.sort())
})
