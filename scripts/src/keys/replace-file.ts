import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { CommandError } from '../problems.ts'

/** What a file is to become. While it is open nobody else can open one for the same file. */
export interface Draft {
  /** Where the file is, also when it was named by a link. */
  file: string
  /** Writes the new content beside the file, down to the disk. */
  write(content: string): Promise<void>
  /** Puts the new content into the place of the old one, in one step. */
  commit(): Promise<void>
  /** Forgets the new content, unless it was committed. */
  discard(): Promise<void>
}

const ownerOnly = 0o600

/**
 * Opens a draft of a file that only its owner may read. The file need not exist.
 *
 * @throws CommandError while there is a draft of it, such as one that a killed process left.
 */
export async function openDraft(name: string): Promise<Draft> {
  const file = await realpath(name).catch(() => resolve(name))
  const draft = `${file}.new`
  const handle = await open(draft, 'wx', ownerOnly).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
    throw new CommandError(
      `Another process is replacing ${file}, or was stopped while it did. ` +
        `If none is, delete ${draft} and run this again.`,
    )
  })
  let state: 'open' | 'written' | 'done' = 'open'

  return {
    file,
    async write(content) {
      await handle.chmod(ownerOnly)
      await handle.writeFile(content)
      await keepOwner(handle, file)
      await handle.sync()
      await handle.close()
      state = 'written'
    },
    async commit() {
      await rename(draft, file)
      // From now on the name of the draft is the next process's.
      state = 'done'
      await syncFolder(dirname(file))
    },
    async discard() {
      if (state === 'open') await handle.close()
      if (state !== 'done') await rm(draft, { force: true })
      state = 'done'
    },
  }
}

/** The server may run as somebody else than who runs this, such as root. */
async function keepOwner(handle: FileHandle, file: string): Promise<void> {
  const old = await stat(file).catch(() => undefined)
  if (!old || old.uid === (await handle.stat()).uid) return
  await handle.chown(old.uid, old.gid).catch(() => {
    throw new CommandError(`${file} belongs to another user. Run this as that user, or as root.`)
  })
}

/** Windows has no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}
