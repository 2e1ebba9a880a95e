import { randomUUID } from 'node:crypto'
import { link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Thrown when a folder is open in another process. Two writers would lose committed rows. */
export class FolderInUseError extends Error {
  override name = 'FolderInUseError'
  constructor(folder: string, holder: string) {
    super(
      `The embedded database in ${folder} is open in ${holder}. Stop that process first, ` +
        'or use a PostgreSQL server by setting DATABASE_URL.',
    )
  }
}

/** A folder held by this process until `release`. */
export interface FolderLock {
  release(): Promise<void>
}

/**
 * Takes a folder for this process by creating a file that names it. The file of a process that
 * ended without releasing it is replaced.
 *
 * @throws FolderInUseError when a running process, this one included, holds the folder.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const file = join(folder, 'lock')
  const own = await describeProcess(process.pid)
  if (!(await createWhole(file, own))) {
    await replaceIfStale({ folder, file, own })
  }
  let held = true
  const release = async () => {
    if (!held) return
    held = false
    await rm(file, { force: true })
  }
  return { release }
}

async function replaceIfStale({ folder, file, own }: { folder: string; file: string; own: string }) {
  const takeover = `${file}.takeover`
  if (!(await createWhole(takeover, own))) {
    throw new FolderInUseError(folder, `a process that is starting (if none is, delete ${takeover})`)
  }
  try {
    const holder = await readFile(file, 'utf8').catch(() => '')
    if (await stillRuns(holder)) throw new FolderInUseError(folder, `process ${Number.parseInt(holder, 10)}`)
    await rm(file, { force: true })
    if (!(await createWhole(file, own))) throw new FolderInUseError(folder, 'another process')
  } finally {
    await rm(takeover, { force: true })
  }
}

/** Creates a file that no reader ever sees without its content. Gives false when there is one already. */
async function createWhole(file: string, content: string): Promise<boolean> {
  const draft = `${file}.${randomUUID()}`
  await writeFile(draft, content)
  try {
    return await succeedsUnlessItExists(() => link(draft, file))
  } catch {
    // Some file systems have no hard links.
    return await succeedsUnlessItExists(() => writeFile(file, content, { flag: 'wx' }))
  } finally {
    await rm(draft, { force: true })
  }
}

async function succeedsUnlessItExists(create: () => Promise<void>): Promise<boolean> {
  try {
    await create()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/** Whether the process that wrote `holder` runs. One that runs but hides its start is taken for it. */
async function stillRuns(holder: string): Promise<boolean> {
  const pid = Number.parseInt(holder, 10)
  const running = await describeProcess(pid)
  return running !== '' && (running === holder || running === String(pid))
}

/**
 * The id of a running process and, where the system tells it, the moment it started: ids are used
 * again. Empty when no such process runs.
 */
async function describeProcess(pid: number): Promise<string> {
  if (!Number.isInteger(pid) || pid <= 0) return ''
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return ''
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  if (stat === '') return String(pid)
  const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  if (state === 'Z' || state === 'X') return ''
  const startedAtTicks = rest[18]
  const bootId = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  return `${pid} ${startedAtTicks} ${bootId.trim()}`.trim()
}
