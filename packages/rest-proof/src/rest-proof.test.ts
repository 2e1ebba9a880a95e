import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createTestServer, type TestServer } from '@tasklane/server/testing'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compilePrograms, generateTypes, type Mistake } from './compile-programs.ts'

let server: TestServer
let origin: string
let types: string
let mistakes: Record<string, Mistake[]>

beforeAll(async () => {
  server = await createTestServer()
  origin = await server.app.listen({ host: '127.0.0.1', port: 0 })
  types = await generateTypes(new URL('/api/openapi.json', origin))
  mistakes = compilePrograms()
}, 180_000)
afterAll(() => server.close())

/** What a program tells, line by line. */
async function run(name: string): Promise<unknown[]> {
  const file = fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [file, origin])
  const lines = stdout.trim().split('\n')
  return lines.map((line): unknown => JSON.parse(line))
}

describe('a client that is generated from the document', () => {
  it('has a type for whatever is sent and answered', () => {
    const described = types.replaceAll(/\[\w+: string\]: unknown/g, '')
    const untyped = described.split('\n').filter((line) => /\bunknown\b[^*]*$/.test(line))
    // In a batch that is not atomic, what is no operation fails alone: anything may stand there.
    expect(untyped.map((line) => line.trim())).toEqual(['operations: unknown[];'])
  })

  it('compiles, and does on the server what its types say', { timeout: 60_000 }, async () => {
    expect(mistakes['five-minutes']).toEqual([])
    expect(await run('five-minutes')).toEqual([
      { what: 'signed up', status: 201, isSameToken: true },
      { what: 'logged in', token_type: 'Bearer', expires_in: 900, isSameUser: true },
      { what: 'created', status: 201, due: '2026-12-24', isThere: true, isOnce: true },
      { what: 'listed', titles: ['Buy milk'], next: null, total: 1 },
      { what: 'read', etag: '"1"', title: 'Buy milk', again: 304, body: null },
      { what: 'changed', title: 'Buy oat milk', due: null, version: 2 },
      { what: 'refused', status: 412, code: 'PRECONDITION_FAILED', title: 'Buy oat milk' },
      { what: 'completed', completed: true, version: 3 },
      { what: 'owned', total: 1, elsewhere: 'OWNER_MISMATCH' },
      { what: 'batch', outcomes: ['One', 'TASK_NOT_FOUND'] },
      { what: 'deleted', status: 204, body: null },
      { what: 'followed', seen: ['One', true], resync: false },
      { what: 'explained', code: 'PASSWORD_TOO_WEAK' },
    ])
  })

  it('is used in docs/rest.md in a way that compiles', () => {
    expect(mistakes['documented']).toEqual([])
    const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
    expect(read('../../../docs/rest.md')).toContain(`\`\`\`ts\n${read('programs/documented.ts')}\`\`\``)
  })

  it('does not compile where it would be refused', () => {
    const expected = [
      { line: "GET('/api/task')", because: 'Expected 2 arguments' },
      { line: "POST('/api/tasks/{id}'", because: '"/api/tasks/{id}"\' is not assignable' },
      { line: 'dueDate:', because: "'dueDate' does not exist in type" },
      { line: "priority: 'highest'", because: 'Type \'"highest"\' is not assignable' },
      { line: 'title: null', because: "Type 'null' is not assignable to type 'string'" },
      { line: "body: { priority: 'high' }", because: "Property 'title' is missing" },
      { line: "POST('/api/tasks')", because: 'Expected 2 arguments' },
      { line: 'id: path.id', because: "'id' does not exist in type" },
      { line: "sort: 'dueDate'", because: `Did you mean '"due_date"'?` },
      { line: "limit: '5'", because: "Type 'string' is not assignable to type 'number'" },
      { line: 'path: {}', because: "Property 'id' is missing" },
      { line: "body: { password: 'x' }", because: "Property 'username' is missing" },
      { line: "op: 'purge'", because: 'Type \'"purge"\' is not assignable' },
      { line: 'data?.dueDate', because: "Property 'dueDate' does not exist" },
      { line: 'data.title', because: "'data' is possibly 'undefined'" },
      { line: "=== 'EMAIL_TAKEN'", because: 'no overlap' },
      { line: 'nothing?.title', because: "Property 'title' does not exist on type 'never'" },
    ]
    expect(mistakes['misuse']).toEqual(
      expected.map(({ line, because }) => ({
        line: expect.stringContaining(line),
        because: expect.stringContaining(because),
      })),
    )
  })
})
