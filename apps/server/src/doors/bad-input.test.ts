import { Readable } from 'node:stream'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { trpcErrorOf } from '../fixtures/answers.ts'
import { captureLog } from '../fixtures/captured-log.ts'
import { expectRefused, post, type Refused } from '../fixtures/refused.ts'
import { createTestServer, type TestServer } from '../testing.ts'

const captured = captureLog()
let server: TestServer
let authorization: string

beforeAll(async () => {
  server = await createTestServer({ log: captured.log })
  const { signedIn } = await server.backend.signUp()
  authorization = `Bearer ${signedIn.accessToken}`
})

afterAll(() => server.close())

afterEach(() => {
  const ourFault = captured.entries().filter(({ level }) => Number(level) > 30)
  expect(ourFault, 'logged as our fault').toEqual([])
  captured.clear()
  expect(Object.prototype).not.toHaveProperty('polluted')
})

const bodyLimitBytes = 1024 * 1024
const id = '0194fdc2-fa2f-7cc0-81d3-ff12045b73c8'
const title = 'x'

interface Row extends Omit<Refused, 'req' | 'status' | 'reason'> {
  /** Default: `tasks.create`. */
  path?: string
  body: object | string
}

function itRefuses(as: Pick<Refused, 'status' | 'reason'>, rows: Row[]) {
  it.each(rows)('$name', ({ path = 'tasks.create', body, ...row }) =>
    expectRefused(server, { ...as, ...row, req: post(path, body, { authorization }) }),
  )
}

function send(path: string, payload: object | string) {
  return server.app.inject(post(path, payload, { authorization }))
}

describe('refuses and names each field', () => {
  const field = (name: string, value: unknown, path?: string): Row => ({
    name: `${name}: ${JSON.stringify(value)?.slice(0, 40)}`,
    ...(path !== undefined && { path }),
    body: { json: { ...(path === 'tasks.list' ? {} : { title }), [name]: value } },
    fields: [name],
  })
  itRefuses({ status: 400, reason: 'INPUT_INVALID' }, [
    field('ownerId', id),
    field('userId', id),
    field('version', 2),
    field('constructor', { prototype: { polluted: true } }),
    field('title', 5),
    field('title', null),
    field('title', ''),
    field('title', 'x'.repeat(501)),
    field('title', ['x']),
    field('description', {}),
    field('completed', 'true'),
    field('priority', 'HIGH'),
    field('dueDate', '2026-02-30'),
    field('dueDate', '2026-02-03T00:00:00Z'),
    field('tags', 'home'),
    field('tags', Array(21).fill('home')),
    field('tags', Array(15_000).fill('a')),
    field('id', 'not-a-uuid'),
    field('id', `${id}' or '1'='1`),
    field('limit', '1', 'tasks.list'),
    field('limit', 0, 'tasks.list'),
    field('limit', 101, 'tasks.list'),
    field('limit', 1.5, 'tasks.list'),
    field('offset', -1, 'tasks.list'),
    field('offset', 2 ** 53, 'tasks.list'),
    field('sort', 'id; drop table tasks', 'tasks.list'),
    field('order', 'DESC', 'tasks.list'),
    { name: 'several', body: { json: { ownerId: 1, admin: 2 } }, fields: ['title', 'ownerId', 'admin'] },
    { name: 'one in a list', body: { json: { title, tags: ['a', 5] } }, fields: ['tags.1'] },
    { name: 'null for an input', body: { json: null }, fields: [''] },
    { name: 'a list for an input', body: { json: [] }, fields: [''] },
    { name: 'a text for an input', body: { json: 'x' }, fields: [''] },
    { name: 'no input', body: '', fields: [''] },
    { name: 'an empty object for an envelope', body: {}, fields: [''] },
    { name: '15 000 objects', body: { json: Array(15_000).fill({}) }, fields: [''] },
  ])

  it('but no more than 50 of them', async () => {
    const json = Object.fromEntries(Array.from({ length: 15_000 }, (_, index) => [`k${index}`, 1]))
    const { data } = trpcErrorOf((await send('tasks.create', { json })).json())
    expect(data.issues).toHaveLength(50)
  })
})

describe('refuses what no text column can hold', () => {
  const account = { email: 'a@example.com', password: 'Correct-Horse-1', username: 'someone', name: 'A' }
  const task = { title, description: 'd', dueDate: '2026-01-31', priority: 'low', tags: ['a'], id }
  const inputs: [string, object][] = [
    ['auth.signUp', account],
    ['auth.logIn', { usernameOrEmail: 'someone', password: 'p' }],
    ['tasks.create', task],
    ['tasks.update', task],
    ['tasks.get', { id }],
    ['tasks.complete', { id }],
    ['tasks.reopen', { id }],
    ['tasks.delete', { id }],
    ['tasks.list', { sort: 'title', order: 'asc', priority: 'low' }],
  ]
  const texts = { NUL: 'a\0b', 'half a surrogate pair': 'a\ud83d', 'its other half': '\ude00b' }
  const rows = inputs.flatMap(([path, input]) =>
    Object.keys(input).flatMap((name) =>
      Object.entries(texts).map(([what, bad]) => {
        const isList = name === 'tags'
        return {
          name: `${what} in ${path} ${name}`,
          path,
          body: { json: { ...input, [name]: isList ? [bad] : bad } },
          fields: [isList ? 'tags.0' : name],
        }
      }),
    ),
  )
  itRefuses({ status: 400, reason: 'INPUT_INVALID' }, rows)

  it.each(Object.entries(texts))('%s in a refresh token, a password confirmation', async (_what, bad) => {
    const refreshed = await send('auth.refresh', { json: { refreshToken: bad } })
    expect(trpcErrorOf(refreshed.json()).data.reason).toBe('REFRESH_TOKEN_INVALID')
    const signedUp = await send('auth.signUp', { json: { ...account, confirmPassword: bad } })
    expect(trpcErrorOf(signedUp.json()).data.reason).toBe('PASSWORD_MISMATCH')
  })

  it('and stores every other text as it was sent', async () => {
    const text = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1, maxLength: 40 })
    const nasty = text.map((units) => String.fromCharCode(...units))
    await fc.assert(
      fc.asyncProperty(fc.oneof(nasty, fc.string({ unit: 'binary', minLength: 1 })), async (sent) => {
        const res = await send('tasks.create', { json: { title: sent } })
        if (sent.isWellFormed() && !sent.includes('\0')) {
          const created = res.json<{ result: { data: { json: { id: string; title: string } } } }>()
          const read = await send('tasks.get', { json: { id: created.result.data.json.id } })
          expect(read.json()).toMatchObject({ result: { data: { json: { title: sent } } } })
        } else {
          expect(trpcErrorOf(res.json()).data.issues).toMatchObject([{ path: ['title'] }])
        }
      }),
      { numRuns: 40 },
    )
  })
})

describe('refuses what is not our JSON', () => {
  const opened = '{"json":'
  itRefuses({ status: 400, reason: 'INPUT_MALFORMED' }, [
    { name: 'text', body: 'hello', message: 'The request is not valid JSON' },
    { name: 'a blank', body: ' ', message: 'The request is not valid JSON' },
    { name: 'JSON that is cut off', body: '{"json":{"title":"x"' },
    { name: 'two of it', body: '{"json":{}}{"json":{}}' },
    { name: 'single quotes', body: "{'json':{'title':'x'}}" },
    { name: 'NaN', body: '{"json":{"title":NaN}}' },
    { name: 'an input without its wrapper', body: { title }, message: 'Wrap the input as {"json": …}' },
    { name: 'a list of wrappers', body: [{ json: { title } }], message: 'Wrap the input' },
    { name: 'a number', body: '5', message: 'Wrap the input' },
    { name: 'null', body: 'null', message: 'Wrap the input' },
    { name: '__proto__ for a field', body: '{"json":{"title":"x","__proto__":{"polluted":true}}}' },
    { name: '__proto__ further in', body: '{"json":{"title":{"__proto__":{"polluted":true}}}}' },
    {
      name: '300 000 objects',
      body: { json: Array(300_000).fill({}) },
      message: 'The input has too many fields or elements',
    },
    {
      name: '80 000 fields',
      body: { json: Object.fromEntries(Array.from({ length: 80_000 }, (_, index) => [`k${index}`, 1])) },
      message: 'The input has too many fields or elements',
    },
    {
      name: '200 000 lists in each other',
      body: `${opened}${'['.repeat(200_000)}${']'.repeat(200_000)}}`,
      message: 'The input is nested too deeply',
    },
    {
      name: '150 000 objects in each other',
      body: `${opened}${'{"a":'.repeat(150_000)}1${'}'.repeat(150_000)}}`,
      message: 'The input is nested too deeply',
    },
  ])

  it('bytes that are not UTF-8, which would be stored as something else', async () => {
    const payload = Buffer.concat([
      Buffer.from(`${opened}{"title":"`),
      Buffer.from([0xff]),
      Buffer.from('"}}'),
    ])
    await expectRefused(server, {
      name: 'bytes',
      status: 400,
      reason: 'INPUT_MALFORMED',
      req: { ...post('tasks.create', '', { authorization }), payload },
    })
  })
})

describe("refuses superjson's meta for what no input is", () => {
  const typed = (type: unknown, value: unknown = 'x'): Row => ({
    name: `the type ${JSON.stringify(type)}`,
    body: { json: { title: value }, meta: { values: { title: [type] } } },
  })
  const at = (path: string): Row => ({
    name: `the path ${path}`,
    body: `{"json":{"title":"x"},"meta":{"values":{"${path}":["Date"]},"v":1}}`,
  })
  const shared = (equalities: unknown): Row => ({
    name: `shared references ${JSON.stringify(equalities)}`,
    body: { json: { tags: [1] }, meta: { values: 5, referentialEqualities: equalities } },
  })
  itRefuses({ status: 400, reason: 'INPUT_MALFORMED' }, [
    ...['map', 'set', 'regexp', 'URL', 'Error', 'bigint', 'nothing'].map((type) => typed(type)),
    typed('set', ['x']),
    typed('map', [['a', 'b']]),
    typed('regexp', '/(a+)+$/'),
    typed(['class', 'User']),
    typed(['custom', 'x']),
    typed(['symbol', 'x']),
    typed(['typed-array', 'Uint8Array'], [1]),
    at('__proto__'),
    at('__proto__.polluted'),
    at('constructor'),
    at('constructor.prototype'),
    at('constructor.prototype.polluted'),
    shared({ '': ['tags'] }),
    shared([['tags']]),
    { name: 'values that are a text', body: { json: { title }, meta: { values: 'x' } } },
    { name: 'values in values', body: { json: { title }, meta: { values: { title: { x: ['Date'] } } } } },
    {
      name: 'values 100 000 deep',
      body: `{"json":{"title":"x"},"meta":{"values":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`,
    },
  ])

  const named = (type: string, json: object, path = 'tasks.create'): Row => {
    const [name = ''] = Object.keys(json).slice(-1)
    return {
      name: `${type} for ${name}: ${JSON.stringify(json)}`,
      path,
      body: { json, meta: { values: { [name]: [type] } } },
      fields: [name],
    }
  }
  describe('or for a field that is something else', () => {
    itRefuses({ status: 400, reason: 'INPUT_INVALID' }, [
      named('Date', { title: '2026-01-31' }),
      named('undefined', { title }),
      named('Date', { title, dueDate: 'no date' }),
      named('number', { limit: 'Infinity' }, 'tasks.list'),
      named('number', { limit: 'NaN' }, 'tasks.list'),
    ])
  })

  it('and follows no shared reference', async () => {
    const meta = { referentialEqualities: { title: ['description'] } }
    const res = await send('tasks.create', { json: { title, description: 'Its own' }, meta })
    expect(res.json()).toMatchObject({ result: { data: { json: { title, description: 'Its own' } } } })
  })

  it('and is not kept busy by references into a large set', async () => {
    const json = { title: Array.from({ length: 9_500 }, (_, index) => index) }
    const equal = Array.from({ length: 9_400 }, (_, index) => `title.${index + 1}`)
    const meta = { values: { title: ['set'] }, referentialEqualities: { 'title.9499': equal } }
    const startedAt = performance.now()
    const res = await send('auth.logIn', { json, meta })
    expect(trpcErrorOf(res.json()).data.reason).toBe('INPUT_MALFORMED')
    expect(performance.now() - startedAt).toBeLessThan(2000)
  })
})

describe('the limit of a body', () => {
  const padded = (bytes: number) => `{"json":{"title":"x"}}${' '.repeat(bytes - 22)}`

  it('takes 1 MiB', async () => {
    expect((await send('tasks.create', padded(bodyLimitBytes))).statusCode).toBe(200)
  })

  it('refuses a byte more, whether its length is told or not', async () => {
    const tooLarge = padded(bodyLimitBytes + 1)
    for (const payload of [tooLarge, Readable.from([Buffer.from(tooLarge)])]) {
      await expectRefused(server, {
        name: 'too large',
        status: 413,
        reason: 'PAYLOAD_TOO_LARGE',
        message: 'The limit is 1 MiB',
        req: { ...post('tasks.create', '', { authorization }), payload },
      })
    }
  })
})
