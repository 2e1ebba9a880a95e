import type { JsonSchema } from '@tasklane/api'
import { describe, expect, it } from 'vitest'
import { compareTrpc } from './compare-trpc.ts'
import { fieldOf, present } from './fixtures/contract-copy.ts'
import { type TrpcContract, type TrpcProcedure, trpcContract } from './trpc-contract.ts'

interface Row {
  /** What was done. */
  name: string
  change(contract: TrpcContract): void
}

interface Breaking extends Row {
  breaks: string
}

function breaksOf({ change }: Row): string[] {
  const [before, after] = [trpcContract(), structuredClone(trpcContract())]
  change(after)
  return compareTrpc({ before, after }).map(({ where, what }) => `${where}: ${what}`)
}

const inProcedure = (path: string, changes: Partial<TrpcProcedure>): Row['change'] => {
  return ({ procedures }) => Object.assign(present(procedures[path], path), changes)
}

const inputOf = ({ procedures }: TrpcContract, path: string) => procedures[path]?.input as JsonSchema
const outputOf = ({ procedures, $defs }: TrpcContract, path: string) => {
  const output = procedures[path]?.output as JsonSchema
  return $defs[output.$ref?.replace('#/$defs/', '') ?? ''] as JsonSchema
}

const breaking: Breaking[] = [
  {
    name: 'a procedure that is gone',
    change: ({ procedures }) => delete procedures['tasks.counts'],
    breaks: 'tasks.counts: is gone',
  },
  {
    name: 'another type of a procedure',
    change: inProcedure('tasks.get', { type: 'mutation' }),
    breaks: 'tasks.get: is a mutation, was a query',
  },
  {
    name: 'a narrower circle of callers',
    change: inProcedure('tasks.get', { access: 'person' }),
    breaks: 'tasks.get: is for person, was for signed_in',
  },
  {
    name: 'a sign-in that was not needed',
    change: inProcedure('auth.logIn', { access: 'signed_in' }),
    breaks: 'auth.logIn: is for signed_in, was for anybody',
  },
  {
    name: 'an input that could be left out',
    change: inProcedure('tasks.list', { isInputOptional: false }),
    breaks: 'tasks.list input: is required now',
  },
  {
    name: 'a field that is taken no longer',
    change: (contract) => delete inputOf(contract, 'tasks.create').properties?.['tags'],
    breaks: 'tasks.create input.tags: is gone',
  },
  {
    name: 'a tighter bound of what is sent',
    change: (contract) =>
      Object.assign(fieldOf(inputOf(contract, 'tasks.create'), 'title'), { maxLength: 100 }),
    breaks: 'tasks.create input.title: its maxLength is 100, was 500',
  },
  {
    name: 'a field that is answered no longer',
    change: (contract) => delete outputOf(contract, 'tasks.counts').properties?.['overdue'],
    breaks: 'tasks.counts output.overdue: is gone',
  },
  {
    name: 'a wider type of what is answered',
    change: (contract) =>
      Object.assign(outputOf(contract, 'auth.refresh').properties?.['expiresIn'] ?? {}, { type: 'number' }),
    breaks: 'auth.refresh output.expiresIn: may be number now',
  },
  {
    name: 'another tRPC code of a reason',
    change: ({ reasons }) => Object.assign(reasons['EMAIL_TAKEN'] ?? {}, { code: 'BAD_REQUEST' }),
    breaks: 'reason EMAIL_TAKEN: its code is BAD_REQUEST, was CONFLICT',
  },
  {
    name: 'another HTTP status of a reason',
    change: ({ reasons }) => Object.assign(reasons['EMAIL_TAKEN'] ?? {}, { httpStatus: 400 }),
    breaks: 'reason EMAIL_TAKEN: its HTTP status is 400, was 409',
  },
]

const compatible: Row[] = [
  { name: 'nothing', change: () => {} },
  {
    name: 'a new procedure',
    change: ({ procedures }) => {
      procedures['notes.list'] = present(procedures['tasks.list'], 'procedure')
    },
  },
  { name: 'a wider circle of callers', change: inProcedure('auth.logOut', { access: 'signed_in' }) },
  { name: 'an input that may be left out', change: inProcedure('tasks.get', { isInputOptional: true }) },
  {
    name: 'a new optional field of what is sent',
    change: (contract) =>
      Object.assign(inputOf(contract, 'tasks.create').properties ?? {}, { color: { type: 'string' } }),
  },
  {
    name: 'a new field of a definition that is answered',
    change: ({ $defs }) =>
      Object.assign(($defs['Task'] as JsonSchema).properties ?? {}, { color: { type: 'string' } }),
  },
  {
    name: 'a new reason, also where a batch tells it',
    change: (contract) => {
      contract.reasons['MOON_FULL'] = { code: 'CONFLICT', httpStatus: 409 }
      const { oneOf = [] } = contract.$defs['BatchResult'] as JsonSchema
      present(fieldOf(present(oneOf[1], 'refusal'), 'reason').enum, 'reasons').push('MOON_FULL')
    },
  },
  { name: 'a reason that is gone', change: ({ reasons }) => delete reasons['EMAIL_TAKEN'] },
]

describe('a procedure', () => {
  it.each(breaking)('breaks by $name', (row) => {
    expect(breaksOf(row)).toEqual([row.breaks])
  })

  it.each(compatible)('does not break by $name', (row) => {
    expect(breaksOf(row)).toEqual([])
  })

  it('breaks by what a definition says no longer, wherever it is answered', () => {
    const breaks = breaksOf({
      name: 'a field of a task that is gone',
      change: ({ $defs }) => delete ($defs['Task'] as JsonSchema).properties?.['version'],
    })
    expect(breaks).toContain('tasks.get output.version: is gone')
    expect(breaks).toContain('tasks.batch output.results[].task.version: is gone')
    expect(breaks.every((each) => each.endsWith('version: is gone'))).toBe(true)
  })
})
