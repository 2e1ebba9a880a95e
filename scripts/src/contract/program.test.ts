import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFolder } from '../fixtures/folder.ts'
import { runInProcess } from '../fixtures/terminal.ts'
import { contractText, currentContract, readContract } from './contract-files.ts'
import { createContractProgram } from './program.ts'

let folder: Awaited<ReturnType<typeof createFolder>>
let path: string

beforeEach(async () => {
  folder = await createFolder()
  path = join(folder.path, 'contract')
})
afterEach(() => folder.remove())

const run = (...args: string[]) => runInProcess(createContractProgram(path), { args })
const current = JSON.parse(contractText(currentContract()))

const wroteForClient =
  'Wrote packages/client/src/react/invalidations.ts\nWrote packages/client/src/procedures.json\n'

it('writes every file, leaves the contract of the last release, and says what it wrote', async () => {
  expect(await run()).toEqual({
    code: 0,
    printed: `Wrote contract/openapi.json\nWrote contract/trpc.json\n${wroteForClient}`,
    complained: '',
  })
  expect(await readdir(path)).toEqual(['openapi.json', 'trpc.json'])
  expect(await readContract(path)).toEqual(current)
})

it('writes the contract of a release when it is told to', async () => {
  const { code, printed } = await run('--release')
  expect(code).toBe(0)
  expect(printed).toMatch(/Wrote contract\/released\/openapi\.json\nWrote contract\/released\/trpc\.json\n/)
  expect(printed.split(wroteForClient)).toHaveLength(2)
  expect(await readContract(join(path, 'released'))).toEqual(current)
})

it('knows no other argument', async () => {
  expect(await run('openapi')).toMatchObject({ code: 2, printed: '' })
})
