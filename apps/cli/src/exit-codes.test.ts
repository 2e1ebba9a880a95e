import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Command } from 'commander'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { exitCodes } from './exit-codes.ts'
import { runHere } from './fixtures/run-here.ts'
import { newUser, type TestUser } from './fixtures/user.ts'

let user: TestUser

beforeAll(async () => {
  user = await newUser()
})

/** A server that is none of ours, or none that is well. */
async function serverThat(answers: { status: number; body: string }): Promise<string> {
  const server = createServer((_, res) => {
    res.writeHead(answers.status, { 'content-type': 'application/json' }).end(answers.body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await user.signInAt(url)
  return url
}

/** Where nobody listens. */
async function closedUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}

const errorBody = (httpStatus: number, reason: string, more = {}) =>
  JSON.stringify([
    { error: { json: { message: reason, code: -32603, data: { code: 'X', httpStatus, reason, ...more } } } },
  ])

describe('0, without a request', () => {
  it('for the version', async () => {
    const { version } = JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8'))
    for (const option of ['-V', '--version'])
      expect(await runHere([option], { user })).toMatchObject({ code: 0, stdout: `${version}\n`, stderr: '' })
  })
})

describe('2, with how to call it and without a request', () => {
  it.each([
    ['an unknown command', ['lst'], /unknown command 'lst'[\s\S]*Did you mean one of list, ls\?/],
    ['an unknown option', ['ls', '--colour'], /unknown option '--colour'/],
    ['a missing argument', ['done'], /missing required argument 'id'/],
    ['no server', ['ls', '--url', 'ftp://x'], /"ftp:\/\/x" is not the address of a server/],
    ['a server with a password', ['ls', '--url', 'http://a:b@x'], /is not the address of a server/],
  ])('for %s', async (_, args, text) => {
    const ran = await runHere(args, { user })
    expect(ran).toMatchObject({ code: exitCodes.usage, stdout: '' })
    expect(ran.stderr).toMatch(text)
  })

  it('for nothing at all: it shows what there is', async () => {
    const ran = await runHere([], { user })
    expect(ran).toMatchObject({ code: exitCodes.usage, stdout: '' })
    expect(ran.stderr).toContain('Usage: tasklane')
  })
})

describe('0', () => {
  it('for help, which names every exit code', async () => {
    const { code, stdout } = await runHere(['--help'], { user })
    expect(code).toBe(0)
    for (const each of Object.values(exitCodes)) expect(stdout).toMatch(new RegExp(`^  ${each} `, 'm'))
  })
})

describe('4', () => {
  it('when no server answers, with where it was looked for', async () => {
    const url = await closedUrl()
    await user.signInAt(url)
    expect(await runHere(['ls', '--url', url], { user })).toEqual({
      ...{ code: exitCodes.unavailable, stdout: '' },
      stderr: `No server answers at ${url} (ECONNREFUSED). Check --url, and that the server runs.\n`,
    })
  })

  it.each([
    [404, '<html>'],
    [200, '{}'],
    [502, 'Bad Gateway'],
  ])('when something else answers there: %i %s', async (status, body) => {
    const url = await serverThat({ status, body })
    const { code, stderr } = await runHere(['ls', '--url', url], { user })
    expect(code).toBe(exitCodes.unavailable)
    expect(stderr).toContain(`What answers at ${url} is no Tasklane server`)
  })

  it('when the server says "not now", with when', async () => {
    const url = await serverThat({
      status: 429,
      body: errorBody(429, 'RATE_LIMITED', { retryAfterSeconds: 7 }),
    })
    const { code, stderr } = await runHere(['ls', '--url', url], { user })
    expect({ code, stderr }).toEqual({ code: exitCodes.unavailable, stderr: 'RATE_LIMITED (in 7 s)\n' })
  })
})

it('1 when the server refuses for good', async () => {
  const url = await serverThat({ status: 403, body: errorBody(403, 'ADMIN_REQUIRED') })
  expect(await runHere(['ls', '--url', url], { user })).toMatchObject({ code: exitCodes.refused })
})

it('70, with a stack to report, for a fault of its own', async () => {
  const variables = { TASKLANE_URL: 'http://127.0.0.1:9' }
  const opts = Command.prototype.opts
  Command.prototype.opts = () => {
    throw new TypeError('broken')
  }
  onTestFinished(() => {
    Command.prototype.opts = opts
  })
  const { code, stderr } = await runHere(['ls'], { user, variables })
  expect(code).toBe(exitCodes.fault)
  expect(stderr).toMatch(/^This is a fault of tasklane. Please report it.\nTypeError: broken\n {4}at /)
})

it('130 once it was interrupted', async () => {
  const interruption = new AbortController()
  interruption.abort()
  expect(await runHere(['ls'], { user, signal: interruption.signal })).toMatchObject({
    code: exitCodes.interrupted,
  })
})
