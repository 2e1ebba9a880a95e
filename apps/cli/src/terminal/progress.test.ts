import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { createProgress } from './progress.ts'

function shown(isTTY: boolean) {
  const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY })
  let at = 0
  const now = () => {
    at += 60
    return new Date(at)
  }
  return { progress: createProgress(stderr, now), read: () => stderr.read() ?? '' }
}

it('rewrites one line on a terminal, ten times a second at most, and takes it away at the end', () => {
  const { progress, read } = shown(true)
  progress.update('100 rows', 0.25)
  progress.update('200 rows', 0.5)
  progress.update('300 rows', undefined)
  progress.end()
  expect(read()).toBe(`\r[${'#'.repeat(6)}${'.'.repeat(18)}] 100 rows\u001b[K\r300 rows\u001b[K\r\u001b[K`)
})

it('says nothing where nobody looks', () => {
  const { progress, read } = shown(false)
  progress.update('100 rows', 0.5)
  progress.end()
  expect(read()).toBe('')
})
