import { expect, it } from 'vitest'
import { captureLog } from './fixtures/captured-log.ts'

/** As drizzle and postgres.js make it: the text and the fields hold the values. */
function failedStatement() {
  const refusal = Object.assign(new Error('invalid input syntax for type integer: "hunter2"'), {
    severity: 'ERROR',
    code: '22P02',
    parameters: ['hunter2'],
  })
  const text = 'Failed query: select $1::int\nparams: hunter2'
  return Object.assign(new Error(text, { cause: refusal }), { query: 'select $1::int', params: ['hunter2'] })
}

it("writes an error of Fastify's own lines without a value", () => {
  const { log, entries, text } = captureLog()
  log.error({ err: failedStatement() }, 'request errored')
  expect(entries()).toMatchObject([
    { msg: 'request errored', err: { query: 'select $1::int', cause: { code: '22P02' } } },
  ])
  expect(text()).not.toContain('hunter2')
})

it('writes the time as RFC 3339 and nothing of the machine', () => {
  const { log, entries } = captureLog()
  log.info('here')
  expect(entries()).toEqual([
    { level: 30, time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/), msg: 'here' },
  ])
})
