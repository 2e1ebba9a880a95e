import { isDeepStrictEqual } from 'node:util'
import type { Access } from '@tasklane/api'
import { type Break, compareSchemas, type Documents, type Pair } from './compare-schemas.ts'
import type { TrpcContract, TrpcProcedure } from './trpc-contract.ts'

/** Who has to be let in still, where these were: whatever is listed lets them all in. */
const asWide: Record<Access, readonly Access[]> = {
  anybody: ['anybody'],
  signed_in: ['anybody', 'signed_in'],
  person: ['anybody', 'signed_in', 'person'],
  session: ['anybody', 'signed_in', 'person', 'session'],
  admin: ['anybody', 'signed_in', 'person', 'admin'],
}

/** Where the tRPC contract breaks with the one that it replaces. */
export function compareTrpc(contracts: Pair<TrpcContract>): Break[] {
  const { before, after } = contracts
  const documents = { before, after, areAlike: isDeepStrictEqual(before.$defs, after.$defs) }
  const procedures = Object.entries(before.procedures).flatMap(([where, old]) => {
    const next = after.procedures[where]
    if (!next) return [{ where, what: 'is gone' }]
    return compareProcedures({ before: old, after: next }, { documents, where })
  })
  return [...procedures, ...reasonBreaks(contracts)]
}

interface Place {
  documents: Documents
  where: string
}

function compareProcedures({ before, after }: Pair<TrpcProcedure>, { documents, where }: Place): Break[] {
  const inputs = { before: before.input, after: after.input }
  const outputs = { before: before.output, after: after.output }
  const isNeeded = before.isInputOptional && !after.isInputOptional
  return [
    ...(before.type === after.type ? [] : [{ where, what: `is a ${after.type}, was a ${before.type}` }]),
    ...(asWide[before.access].includes(after.access)
      ? []
      : [{ where, what: `is for ${after.access}, was for ${before.access}` }]),
    ...(isNeeded ? [{ where: `${where} input`, what: 'is required now' }] : []),
    ...compareSchemas(inputs, { documents, direction: 'input', where: `${where} input` }),
    ...compareSchemas(outputs, { documents, direction: 'output', where: `${where} output` }),
  ]
}

function reasonBreaks({ before, after }: Pair<TrpcContract>): Break[] {
  return Object.entries(before.reasons).flatMap(([name, old]) => {
    const next = after.reasons[name]
    const where = `reason ${name}`
    if (!next) return []
    return [
      ...(next.code === old.code ? [] : [{ where, what: `its code is ${next.code}, was ${old.code}` }]),
      ...(next.httpStatus === old.httpStatus
        ? []
        : [{ where, what: `its HTTP status is ${next.httpStatus}, was ${old.httpStatus}` }]),
    ]
  })
}
