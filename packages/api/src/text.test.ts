import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestBackend, type TestBackend, type TestUser, testPassword } from './testing.ts'
import { text } from './text.ts'

let backend: TestBackend
let user: TestUser

beforeAll(async () => {
  backend = await createTestBackend()
  user = await backend.signUp()
})
afterAll(() => backend.close())

/** Any UTF-16 code units at all, half pairs and control characters included. */
const anyString = fc
  .array(
    fc.oneof(fc.nat(0xffff), fc.constantFrom(0, 0x0a, 0x27, 0x5c, 0xd83e, 0xdd86, 0xd800, 0xfeff, 0x202e)),
    {
      minLength: 1,
      maxLength: 40,
    },
  )
  .map((units) => String.fromCharCode(...units))

const naughty = [
  ' leading and trailing ',
  "'; drop table tasks; --",
  '\\N',
  '\\',
  '#{constructor}',
  '%s%n',
  '\t\r\n\u000b\u2028\u2029',
  'inner \ufeff BOM',
  'e\u0301 is not \u00e9',
  '\u202Eright to left',
  '👩‍👩‍👧‍👦',
  '\u{10FFFF}',
  '\u0001\u001f\u007f\u0080',
  'null',
  '{"json":{}}',
]

type Outcome = { value: unknown } | { refusedAt: unknown }

async function outcomeOf(call: Promise<unknown>): Promise<Outcome> {
  try {
    return { value: await call }
  } catch (error) {
    const { data } = error as { data: { httpStatus: number; issues?: { path: unknown[] }[] } }
    expect(data.httpStatus).toBe(400)
    return { refusedAt: data.issues?.[0]?.path[0] }
  }
}

const fields = {
  title: (value: string) =>
    user.client.tasks.create.mutate({ title: value }).then(({ id }) => read(id, 'title')),
  description: (value: string) =>
    user.client.tasks.create
      .mutate({ title: 'x', description: value })
      .then(({ id }) => read(id, 'description')),
  tags: (value: string) =>
    user.client.tasks.create
      .mutate({ title: 'x', tags: [value] })
      .then(async ({ id }) => (await read(id, 'tags'))?.[0]),
  name: (value: string) =>
    backend
      .client()
      .auth.signUp.mutate({
        email: `${crypto.randomUUID()}@example.com`,
        password: testPassword,
        name: value,
      })
      .then(({ accessToken }) => backend.client(`Bearer ${accessToken}`).auth.me.query())
      .then(({ name }) => name),
}

async function read<Name extends 'title' | 'description' | 'tags'>(id: string, name: Name) {
  return (await user.client.tasks.get.query({ id }))[name]
}

const stored = (field: string, value: string) => (field === 'tags' ? value.toLowerCase() : value)

describe.each(Object.entries(fields))('the text of %s', (field, send) => {
  it.each(naughty)('comes back as it was sent: %j', async (value) => {
    expect(await outcomeOf(send(value))).toEqual({ value: stored(field, value) })
  })

  it('comes back as it was sent, or is refused by the name of its field, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(anyString, async (value) => {
        const isStorable = value.isWellFormed() && !value.includes('\0') && !value.startsWith('\ufeff')
        const expected = isStorable ? { value: stored(field, value) } : { refusedAt: field }
        expect(await outcomeOf(send(value))).toEqual(expected)
      }),
      { numRuns: 60 },
    )
  })
})

describe('a text that is changed before it is checked', () => {
  const marks = `a${'\u0301\u0323'.repeat(200_000)}`
  it.each([
    ['email', { email: `${marks}@example.com`, password: testPassword }],
    ['username', { email: 'a@example.com', username: marks, password: testPassword }],
    ['name', { email: 'a@example.com', name: marks, password: testPassword }],
    ['password', { email: 'a@example.com', password: marks }],
    ['confirmPassword', { email: 'a@example.com', password: testPassword, confirmPassword: marks }],
  ])('is refused at once when %s is far too long', async (name, input) => {
    await expect(backend.client().auth.signUp.mutate(input)).rejects.toMatchObject({
      data: { issues: [{ path: [name] }] },
    })
  })

  it('is refused at once in a log-in and in a tag', async () => {
    const logIn = backend.client().auth.logIn.mutate({ usernameOrEmail: marks, password: testPassword })
    await expect(logIn).rejects.toMatchObject({ data: { issues: [{ path: ['usernameOrEmail'] }] } })
    const create = user.client.tasks.create.mutate({ title: 'x', tags: [marks] })
    await expect(create).rejects.toMatchObject({ data: { issues: [{ path: ['tags', 0] }] } })
  })
}, 5000)

describe('bounds', () => {
  it('are counted in code points', () => {
    const bounded = text({ lengthMin: 2, lengthMax: 3 })
    expect(bounded.safeParse('🦆🦆🦆').success).toBe(true)
    expect(bounded.safeParse('🦆🦆🦆🦆').error?.issues[0]?.message).toBe('Must have at most 3 characters')
    expect(bounded.safeParse('x').error?.issues[0]?.message).toBe('Must have at least 2 characters')
  })
})
