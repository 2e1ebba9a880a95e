import { createCaller, createContext, type ErrorShape, type InputIssue, publicError } from '@tasklane/api'
import { transformer } from '@tasklane/api/contract'
import { TRPCError } from '@trpc/server'
import { expect } from 'vitest'
import { createRestCaller } from '../rest/fixtures/rest-caller.ts'
import type { Outcome, Refusal } from './outcome.ts'
import { type Place, publishedAt, requestOf } from './published.ts'
import { type Server, userAgent } from './scene.ts'
import { inCamelCase, pathOf, textInCamelCase } from './snake-case.ts'

export interface DoorCall {
  procedure: string
  type: 'query' | 'mutation' | 'subscription'
  input: object | undefined
  token: string | undefined
  ipAddress: string
  ownerId: string | undefined
  /** REST alone has it. Default not. */
  byIfMatch?: boolean
  /** REST alone has it. Default none. */
  idempotencyKey?: string
}

export interface Door {
  name: string
  serves(procedure: string): boolean
  call(server: Server, call: DoorCall): Promise<Outcome>
}

const trpc: Door = {
  name: 'tRPC',
  serves: () => true,
  async call({ app }, { procedure, type, input, token, ipAddress }) {
    const sent = JSON.stringify(transformer.input.serialize(input))
    const isQuery = type === 'query'
    const res = await app.inject({
      method: isQuery ? 'GET' : 'POST',
      url: `/trpc/${procedure}${isQuery ? `?input=${encodeURIComponent(sent)}` : ''}`,
      remoteAddress: ipAddress,
      headers: {
        'user-agent': userAgent,
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(!isQuery && { 'content-type': 'application/json' }),
      },
      ...(!isQuery && { payload: sent }),
    })
    const { result, error } = res.json()
    const { statusCode: httpStatus, headers } = res
    if (error === undefined)
      return { httpStatus, headers, answer: transformer.output.deserialize(result.data) }
    return { httpStatus, headers, refusal: refusalOf(transformer.output.deserialize(error) as ErrorShape) }
  },
}

const inProcess: Door = {
  name: 'in process',
  serves: () => true,
  async call({ dependencies }, { procedure, input, token, ipAddress }) {
    const authorization = token === undefined ? [] : [`Bearer ${token}`]
    const caller: unknown = createCaller(createContext(dependencies, { authorization, ipAddress, userAgent }))
    const named = (from: unknown, name: string) => (from as Record<string, unknown>)[name]
    const call = procedure.split('.').reduce(named, caller) as (input: unknown) => Promise<unknown>
    try {
      return { answer: await call(input) }
    } catch (error) {
      if (!(error instanceof TRPCError)) throw error
      return { refusal: refusalOf(publicError(error)) }
    }
  },
}

function refusalOf({ message, data }: ErrorShape): Refusal {
  const { code: _code, path: _path, ...refusal } = data
  return { ...refusal, message }
}

function rest(name: string, place: Place): Door {
  return {
    name,
    serves: (procedure) => publishedAt(place, procedure) !== undefined,
    async call({ app }, { procedure, token, ipAddress, idempotencyKey, ...call }) {
      const published = publishedAt(place, procedure)
      if (!published) throw new Error(`${procedure} has no REST face`)
      const { path, headers, ...request } = requestOf(published, call)
      const named = idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }
      const sent = {
        ...request,
        token,
        ipAddress,
        headers: { ...headers, ...named, 'user-agent': userAgent },
      }
      const { status: httpStatus, ...res } = await createRestCaller(app)(published.method, path, sent)
      if (httpStatus >= 400) return { httpStatus, headers: res.headers, refusal: refusalOfProblem(res.body) }
      if (res.body === '') return { httpStatus, headers: res.headers }
      const answer = withoutCopies(procedure, inCamelCase(res.body) as Answer)
      return { httpStatus, headers: res.headers, answer }
    },
  }
}

type Answer = ReturnType<typeof JSON.parse>

/** What this door tells once more at the top of an answer. */
const copies: Record<string, (answer: Answer) => Answer> = {
  'auth.signUp': ({ user, accessToken }) => ({ userId: user.id, email: user.email, token: accessToken }),
}

function withoutCopies(procedure: string, answer: Answer): Answer {
  const expected = copies[procedure]?.(answer) ?? {}
  expect(answer).toMatchObject(expected)
  return Object.fromEntries(Object.entries(answer).filter(([name]) => !(name in expected)))
}

interface ProblemBody {
  status: number
  code: string
  detail: string
  errors?: { pointer: string; message: string }[]
}

function refusalOfProblem({ status, code, detail, errors, ...others }: ProblemBody): Refusal {
  for (const text of [detail, ...(errors ?? []).map(({ message }) => message)])
    expect(text, 'names a field as other doors do').not.toMatch(/\b[a-z]+[A-Z]/)
  const { type: _type, title: _title, ...more } = inCamelCase(others) as Answer
  return {
    ...more,
    ...{ httpStatus: status, reason: code, message: wordsOf(detail) },
    ...(errors && { issues: errors.map(issueOf) }),
  }
}

function issueOf({ pointer, message }: { pointer: string; message: string }): InputIssue {
  return { path: pathOf(pointer), message: wordsOf(message) }
}

/** A field of the query is a parameter here. */
function wordsOf(text: string): string {
  return textInCamelCase(text).replace('Unknown parameter', 'Unknown field')
}

export const restDoor = rest('REST', 'own')
export const ownedRestDoor = rest("REST below the owner's path", 'owned')
export const doors: Door[] = [trpc, restDoor, ownedRestDoor, inProcess]
