import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createFolder } from '../fixtures/folder.ts'
import { type Command, runTogether } from './run-together.ts'

let folder: Awaited<ReturnType<typeof createFolder>>
beforeEach(async () => {
  folder = await createFolder()
  await mkdir(join(folder.path, 'notes'))
})
afterEach(() => folder.remove())

/** A program that notes that it has begun, and that it was asked to end. */
async function program(name: string, more = 'setInterval(() => {}, 1000)'): Promise<Command> {
  const file = join(folder.path, `${name}.mjs`)
  const note = (what: string) =>
    `writeFileSync(${JSON.stringify(join(folder.path, 'notes', `${name} ${what}`))}, '')`
  const text = `import { writeFileSync } from 'node:fs'
process.on('SIGTERM', () => { ${note('ended')}; process.exit() })
${more}
${note('began')}`
  await writeFile(file, text)
  return { args: [file] }
}

const notes = async () => (await readdir(join(folder.path, 'notes'))).sort()

it('ends every program when it is told to', async () => {
  const stop = new AbortController()
  const running = runTogether([await program('a'), await program('b')], stop.signal)
  await vi.waitFor(async () => expect(await notes()).toEqual(['a began', 'b began']), 10_000)
  stop.abort()
  expect(await running).toBe(true)
  expect(await notes()).toEqual(['a began', 'a ended', 'b began', 'b ended'])
})

it('leaves nothing behind of a program that runs another one', async () => {
  const file = join(folder.path, 'notes', 'pid')
  const inner = `require('node:fs').writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => {}, 1000)`
  const outer = join(folder.path, 'outer.mjs')
  await writeFile(
    outer,
    `import { execFileSync } from 'node:child_process'
execFileSync(process.execPath, ['-e', ${JSON.stringify(inner)}])`,
  )
  const stop = new AbortController()
  const running = runTogether([{ args: [outer] }], stop.signal)
  const pid = await vi.waitFor(async () => {
    const found = Number(await readFile(file, 'utf8'))
    expect(found).toBeGreaterThan(0)
    return found
  }, 10_000)
  stop.abort()
  await running
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), 5000)
})

it('ends the others when one has ended by itself', async () => {
  const failing = await program('a', 'setTimeout(() => process.exit(1), 1500)')
  expect(await runTogether([failing, await program('b')], new AbortController().signal)).toBe(false)
  expect(await notes()).toEqual(['a began', 'b began', 'b ended'])
})
