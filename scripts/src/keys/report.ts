import { type PrivateJwk, publishedBeforeSigningSeconds } from '@tasklane/api'
import { tableOf } from '../table.ts'
import { printable } from '../terminal.ts'
import { madeAt } from './key-set.ts'
import { droppedAfter, supersededAtOf } from './rotate-key-set.ts'
import type { KeysFileRotation } from './rotate-keys.ts'

interface Moment {
  keepSeconds: number
  now: Date
}

/** What was done, and what each key is for from now on. */
export function describeRotation(rotation: KeysFileRotation, moment: Moment): string {
  const { file, isNew, added, dropped, set } = rotation
  const others = set.keys.filter((key) => key !== added)
  const rows = set.keys.map((key) => [
    printable(key.kid),
    key.alg,
    instantOf(madeAt(key)),
    useOf(key, set.keys, moment),
  ])
  return [
    `Added    ${added.kid} (${added.alg})`,
    `         ${beginningOf(added, others)}`,
    ...dropped.map(({ kid, alg }) => `Dropped  ${printable(kid)} (${alg}): its tokens have expired`),
    '',
    isNew ? `The key set in ${file} is new. It holds secrets:` : `The key set in ${file}:`,
    tableOf(['key', 'algorithm', 'made', 'use'], rows),
    '',
    ...advice({ added, others, isNew, file }),
  ].join('\n')
}

function beginningOf(added: PrivateJwk, others: PrivateJwk[]): string {
  if (!others.some(({ alg }) => alg === added.alg))
    return `It signs at once: it is the first for ${added.alg}.`
  return `It signs from ${instantOf(madeAt(added) + publishedBeforeSigningSeconds)} on. Until then it is only published.`
}

function useOf(key: PrivateJwk, keys: PrivateJwk[], { keepSeconds, now }: Moment): string {
  const sameAlgorithm = keys.filter(({ alg }) => alg === key.alg)
  const isFirst = sameAlgorithm.every((other) => madeAt(other) >= madeAt(key))
  const signsFrom = isFirst ? Number.NEGATIVE_INFINITY : madeAt(key) + publishedBeforeSigningSeconds
  const supersededAt = supersededAtOf(key, keys)
  const nowSeconds = now.getTime() / 1000
  const parts = [nowSeconds < signsFrom ? `signs from ${instantOf(signsFrom)}` : 'signs']
  if (supersededAt === undefined) return parts.join(', ')
  const lastNeeded = `is kept until ${instantOf(droppedAfter(supersededAt, keepSeconds))}`
  return nowSeconds < supersededAt
    ? `${parts.join(', ')} until ${instantOf(supersededAt)}, ${lastNeeded}`
    : `signs no more, ${lastNeeded}`
}

interface Situation {
  added: PrivateJwk
  others: PrivateJwk[]
  isNew: boolean
  file: string
}

function advice({ added, others, isNew, file }: Situation): string[] {
  if (isNew)
    return [`To sign with it, start the server with JWT_KEYS_FILE=${file} and JWT_ALGORITHM=${added.alg}.`]
  if (others.some(({ alg }) => alg === added.alg))
    return ['A running server takes the file by itself within seconds. Nobody is signed out.']
  return [
    `No server signs with it before it is started with JWT_ALGORITHM=${added.alg}: do that in ten minutes or later.`,
    'Keys of other algorithms stay good. Delete them from the file when the last of their tokens has expired.',
  ]
}

function instantOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}
