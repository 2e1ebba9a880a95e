import { readFile } from 'node:fs/promises'
import { CommandError } from '../problems.ts'
import { printable } from '../terminal.ts'
import { type PrivateJwkSet, parseKeySet } from './key-set.ts'
import { openDraft } from './replace-file.ts'
import { type Rotation, type RotationOptions, rotateKeySet } from './rotate-key-set.ts'

export interface KeysFileRotation extends Rotation {
  file: string
  /** Whether there was no file before. */
  isNew: boolean
}

/**
 * Rotates the keys in a file, or makes it. Two at once never lose a key: the second is refused. The file
 * is whole at every moment, before, while and after.
 *
 * @throws CommandError when the file is not a key set that can be used. Then it is left as it is.
 */
export async function rotateKeys(name: string, options: RotationOptions): Promise<KeysFileRotation> {
  const draft = await openDraft(name)
  try {
    const { file } = draft
    const content = await contentOf(file)
    const rotation = await rotate(content, options).catch((error: unknown) => {
      if (!(error instanceof CommandError)) throw error
      throw new CommandError(`${file} is left as it is: ${printable(error.message)}.`)
    })
    await draft.write(`${JSON.stringify(rotation.set, undefined, 2)}\n`)
    await draft.commit()
    return { ...rotation, file, isNew: content === undefined }
  } finally {
    await draft.discard()
  }
}

async function rotate(content: string | undefined, options: RotationOptions): Promise<Rotation> {
  const set: PrivateJwkSet = content === undefined ? { keys: [] } : parseKeySet(content)
  return await rotateKeySet(set, options)
}

/** Undefined when there is no file. */
async function contentOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommandError(`The file cannot be read: ${(error as Error).message}`)
  }
}
