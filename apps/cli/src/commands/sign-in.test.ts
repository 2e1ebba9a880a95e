import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { openCredentials } from '../connection/credentials.ts'
import { exitCodes } from '../exit-codes.ts'
import { jsonOf, runHere } from '../fixtures/run-here.ts'
import { newUser, password } from '../fixtures/user.ts'

const url = inject('serverUrl')

it('signs in by a password from standard input, and remembers the server', async () => {
  const user = await newUser({ isSignedIn: false })
  const args = ['login', user.email, '--password-stdin', '--url', `${url}/`]
  const ran = await runHere(args, { user, stdin: `${password}\n` })
  expect(ran).toEqual({ code: 0, stdout: `Signed in at ${url} as ${user.email}.\n`, stderr: '' })
  expect((await runHere(['whoami'], { user })).stdout).toBe(`${user.email}\nat ${url}, by a session\n`)
})

it('keeps the session in a file of 0600, in a folder of 0700, with no password in it', async () => {
  const user = await newUser({ isSignedIn: false })
  await runHere(['login', user.email, '--password-stdin', '--url', url], { user, stdin: password })
  expect((await stat(user.sessionFile)).mode & 0o777).toBe(0o600)
  expect((await stat(dirname(user.sessionFile))).mode & 0o777).toBe(0o700)
  expect((await stat(user.configFolder)).mode & 0o777).toBe(0o700)
  expect(await readFile(user.sessionFile, 'utf8')).not.toContain(password)
  expect(JSON.parse(await readFile(join(user.configFolder, 'server.json'), 'utf8'))).toEqual({ url })
})

it('warns of a session that others may read, and says what to do', async () => {
  const user = await newUser()
  await chmod(user.sessionFile, 0o644)
  const { code, stderr } = await runHere(['whoami'], { user })
  expect(code).toBe(0)
  expect(stderr).toBe(
    `Others may read your session (${user.sessionFile} has mode 0644). Run: chmod 600 '${user.sessionFile}'\n`,
  )
})

it('refuses a wrong password in the words of the server, and keeps nothing', async () => {
  const user = await newUser({ isSignedIn: false })
  const args = ['login', user.email, '--password-stdin', '--url', url]
  const ran = await runHere(args, { user, stdin: 'Wrong-Horse-1' })
  expect(ran).toEqual({ code: exitCodes.refused, stdout: '', stderr: 'Wrong username, email or password.\n' })
  await expect(stat(user.sessionFile)).rejects.toThrow('ENOENT')
})

it('knows no password as an argument, and does not wait for one where nobody can be asked', async () => {
  const user = await newUser({ isSignedIn: false })
  const asArgument = await runHere(['login', user.email, '--password', password, '--url', url], { user })
  expect(asArgument).toMatchObject({ code: exitCodes.usage, stdout: '' })
  const inPipe = await runHere(['login', user.email, '--url', url], { user })
  expect(inPipe).toMatchObject({
    code: exitCodes.usage,
    stderr: 'Nobody can be asked here. Give --password-stdin.\n',
  })
})

it('reads no password from standard input where it would be shown', async () => {
  const user = await newUser({ isSignedIn: false })
  const args = ['login', user.email, '--password-stdin', '--url', url]
  const ran = await runHere(args, { user, stdin: password, columns: 80 })
  expect(ran).toMatchObject({ code: exitCodes.usage, stdout: '' })
})

it('signs out at the server too', async () => {
  const user = await newUser()
  expect(await runHere(['logout'], { user })).toEqual({
    code: 0,
    stdout: `Signed out at ${url}.\n`,
    stderr: '',
  })
  await expect(user.client.auth.me.query()).rejects.toMatchObject({ data: { httpStatus: 401 } })
  const after = await runHere(['ls'], { user })
  expect(after).toEqual({
    code: exitCodes.notSignedIn,
    stdout: '',
    stderr: `You are not signed in. Run: tasklane login --url ${url}\n`,
  })
})

it('says what to do once the session was ended elsewhere', async () => {
  const user = await newUser()
  await user.client.auth.logOutEverywhere.mutate()
  const { code, stderr } = await runHere(['ls'], { user })
  expect(code).toBe(exitCodes.notSignedIn)
  expect(stderr).toBe(`You are not signed in. Run: tasklane login --url ${url}\n`)
})

it('keeps the session when the server cannot be told that it is over, unless told to forget it', async () => {
  const user = await newUser()
  const away = 'http://127.0.0.1:9'
  const store = openCredentials(user.configFolder).storeOf(away)
  await user.signInAt(away)
  const { code, stdout, stderr } = await runHere(['logout', '--url', away], { user })
  expect({ code, stdout }).toEqual({ code: exitCodes.unavailable, stdout: '' })
  expect(stderr).toContain(`No server answers at ${away}`)
  expect(await store.get()).toBeDefined()
  expect((await runHere(['logout', '--local', '--url', away], { user })).code).toBe(0)
  expect(await store.get()).toBeUndefined()
})

it('sends the session of one server to no other', async () => {
  const user = await newUser()
  const { code, stderr } = await runHere(['ls', '--url', 'http://127.0.0.1:9'], { user })
  expect(code).toBe(exitCodes.notSignedIn)
  expect(stderr).toContain('Run: tasklane login --url http://127.0.0.1:9')
})

it('calls with an API token of the environment, at the server that is named with it', async () => {
  const user = await newUser()
  const created = await jsonOf<{ token: string }>(['token', 'create', 'ci', '--scopes', 'read'], { user })
  const stranger = { variables: { XDG_CONFIG_HOME: '/nonexistent' } }
  const variables = { TASKLANE_TOKEN: created.token, TASKLANE_URL: url }
  const ran = await runHere(['whoami'], { user: stranger, variables })
  expect(ran).toMatchObject({ code: 0, stdout: `${user.email}\nat ${url}, by the token of TASKLANE_TOKEN\n` })

  const write = await runHere(['add', 'x'], { user: stranger, variables })
  expect(write).toMatchObject({ code: exitCodes.refused, stdout: '' })
  expect(write.stderr).toContain('may only read')

  const revoked = await runHere(['ls'], {
    user: stranger,
    variables: { ...variables, TASKLANE_TOKEN: 'no.such.token' },
  })
  expect(revoked).toMatchObject({ code: exitCodes.notSignedIn, stdout: '' })
  expect(revoked.stderr).toContain('does not take the token of TASKLANE_TOKEN')

  const alone = await runHere(['ls'], { user, variables: { TASKLANE_TOKEN: created.token } })
  expect(alone).toMatchObject({ code: exitCodes.usage, stdout: '' })
  expect(alone.stderr).toContain('set TASKLANE_URL')
  const broken = await runHere(['ls'], { user, variables: { ...variables, TASKLANE_TOKEN: 'se\ncret' } })
  expect(broken).toMatchObject({
    code: exitCodes.usage,
    stderr: 'TASKLANE_TOKEN does not look like a token.\n',
  })
})

it('names the file that it cannot use, which is no fault of its own', async () => {
  const user = await newUser({ isSignedIn: false })
  await mkdir(join(user.configFolder, 'server.json'), { recursive: true })
  const ran = await runHere(['ls'], { user })
  expect(ran).toMatchObject({ code: exitCodes.refused, stdout: '' })
  expect(ran.stderr).toMatch(/^A file cannot be used: EISDIR: [^\n]*\n$/)

  await writeFile(join(user.variables['HOME'] ?? '', 'file'), '')
  const variables = { XDG_CONFIG_HOME: join(user.variables['HOME'] ?? '', 'file') }
  const kept = await runHere(['whoami', '--url', url], { user, variables })
  expect(kept).toMatchObject({ code: exitCodes.refused, stdout: '' })
  expect(kept.stderr).toContain('ENOTDIR')
})
