import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { type Program, startProgram } from './fixtures/start-program.ts'
import { FolderInUseError, type FolderLock, lockFolder } from './lock.ts'

let folder: string
let started: Program[]

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tasklane-lock-'))
  started = []
})

afterEach(async () => {
  await Promise.all(started.map((program) => program.kill()))
  await rm(folder, { recursive: true, force: true })
})

async function start(): Promise<Program> {
  const program = startProgram('lock-when-told', [folder])
  started.push(program)
  await program.nextLine()
  return program
}

async function tryToHold(program: Program): Promise<string> {
  program.say('lock')
  return await program.nextLine()
}

it('refuses a folder that another process holds, and says what to do', async () => {
  const holder = await start()
  expect(await tryToHold(holder)).toBe('held')

  await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError)
  await expect(lockFolder(folder)).rejects.toThrow(
    `The embedded database in ${folder} is open in process ${holder.pid}. Stop that process first, ` +
      'or use a PostgreSQL server by setting DATABASE_URL.',
  )
  expect(await readFile(join(folder, 'lock'), 'utf8')).toMatch(new RegExp(`^${holder.pid}\\b`))
})

it('refuses a folder that this process already holds', async () => {
  const lock = await lockFolder(folder)
  await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`)
  await lock.release()
})

it('never shows a lock file without the name of its holder', async () => {
  const seen = new Set<string>()
  for (let round = 0; round < 20; round += 1) {
    let lock: FolderLock | undefined
    const taking = lockFolder(folder).then((taken) => {
      lock = taken
    })
    while (lock === undefined) {
      if (existsSync(join(folder, 'lock'))) seen.add(readFileSync(join(folder, 'lock'), 'utf8'))
      await setImmediate()
    }
    await taking
    seen.add(await readFile(join(folder, 'lock'), 'utf8'))
    await lock.release()
  }
  expect([...seen]).toEqual([expect.stringMatching(new RegExp(`^${process.pid}\\b`))])
})

it('leaves nothing behind when released, and can be taken again', async () => {
  const lock = await lockFolder(folder)
  await lock.release()
  expect(await readdir(folder)).toEqual([])
  await (await lockFolder(folder)).release()
})

it('does not free the next holder when released twice', async () => {
  const first = await lockFolder(folder)
  await first.release()
  const second = await lockFolder(folder)
  await first.release()
  await expect(lockFolder(folder)).rejects.toThrow(FolderInUseError)
  await second.release()
})

it('takes over from a process that was killed', async () => {
  const holder = await start()
  await tryToHold(holder)
  await holder.kill()

  const lock = await lockFolder(folder)
  expect(await readFile(join(folder, 'lock'), 'utf8')).toMatch(new RegExp(`^${process.pid}\\b`))
  await lock.release()
})

it('takes over from a process that was killed and that nobody has reaped', async ({ skip }) => {
  if (!existsSync('/proc/self/stat')) skip('this system does not tell the state of a process')
  const parent = spawn('sh', ['-c', 'sleep 0.1 & cat /proc/$!/stat; exec sleep 30'], { stdio: 'pipe' })
  const [stat = ''] = await createInterface({ input: parent.stdout })
    [Symbol.asyncIterator]()
    .next()
    .then(single)
  const [pid, ...fields] = stat.split(' ')
  const bootId = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim()
  await writeFile(join(folder, 'lock'), `${pid} ${fields[20]} ${bootId}`)
  await expect(lockFolder(folder)).rejects.toThrow(`process ${pid}`)

  await setTimeout(300)
  expect(await readFile(`/proc/${pid}/stat`, 'utf8')).toContain(') Z ')
  await (await lockFolder(folder)).release()
  parent.kill()
})

it('takes over when the id of the holder was given to another process', async ({ skip }) => {
  if (!existsSync('/proc/self/stat')) skip('this system does not tell when a process started')
  const other = await start()
  await tryToHold(other)
  const ownLine = await readFile(join(folder, 'lock'), 'utf8')
  const [pid, startedAtTicks, bootId] = ownLine.split(' ')
  await writeFile(join(folder, 'lock'), `${pid} ${Number(startedAtTicks) - 1} ${bootId}`)

  await (await lockFolder(folder)).release()
})

it.each(['', 'not a process', '0', '-1'])(
  'takes over a lock file that names no process: "%s"',
  async (content) => {
    await writeFile(join(folder, 'lock'), content)
    await (await lockFolder(folder)).release()
  },
)

it('says which file to delete when a takeover was cut off', async () => {
  await writeFile(join(folder, 'lock'), '')
  await writeFile(join(folder, 'lock.takeover'), '')
  await expect(lockFolder(folder)).rejects.toThrow(`delete ${join(folder, 'lock.takeover')}`)
})

it('lets exactly one of many processes take over, each time the holder is killed', async () => {
  await writeFile(join(folder, 'lock'), '')
  const contenders = await Promise.all(Array.from({ length: 8 }, start))

  while (contenders.length > 1) {
    const answers = await Promise.all(contenders.map(tryToHold))
    expect(answers.filter((answer) => answer === 'held')).toHaveLength(1)
    expect(answers.filter((answer) => answer.startsWith('refused: '))).toHaveLength(contenders.length - 1)
    const [holder] = contenders.splice(answers.indexOf('held'), 1)
    await holder?.kill()
  }
})

function single(result: IteratorResult<string>): string[] {
  return result.done ? [] : [result.value]
}
