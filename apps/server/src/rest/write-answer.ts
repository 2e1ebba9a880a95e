import { snakeCase, toSnakeCase } from '@tasklane/api'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Operation, ownerParameter, type Place } from './operations.ts'

type Answer = Record<string, unknown>

/** Sends what a procedure answered, as its face says. */
export function writeAnswer(
  { operation: { rest }, place }: { operation: Operation; place: Place },
  { req, res, answer }: { req: FastifyRequest; res: FastifyReply; answer: Answer },
): FastifyReply {
  const { status = 200, location, isTask = false, flat = {} } = rest
  res.status(status)
  if (location !== undefined) res.header('location', locationOf({ location, place, req, answer }))
  if (isTask) {
    const tag = entityTag(answer)
    res.header('etag', tag)
    if (rest.method === 'GET' && isKnown(req.headers['if-none-match'], tag)) return res.status(304).send()
  }
  if (status === 204) return res.send()
  const copies = Object.entries(flat).map(([name, path]) => [snakeCase(name), at(answer, path)])
  const body = { ...(toSnakeCase(answer) as Answer), ...Object.fromEntries(copies) }
  return res.type('application/json; charset=utf-8').send(JSON.stringify(body))
}

/** The version of a task. RFC 9110 §8.8.3. */
export function entityTag(task: { version?: unknown }): string {
  return `"${task.version}"`
}

/** RFC 9110 §13.1.2: weak tags are as good here. */
function isKnown(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((each) => each.trim().replace(/^W\//, '') === tag)
}

interface Located {
  location: string
  place: Place
  req: FastifyRequest
  answer: Answer
}

/** Below the same base as the request: whoever calls `/tasks` finds it in `/tasks`. */
function locationOf({ location, place, req, answer }: Located): string {
  const { [ownerParameter]: owner = '' } = req.params as Record<string, string>
  const base = place.base.replace(`{${ownerParameter}}`, encodeURIComponent(owner))
  return `${base}${location.replace(/\{(\w+)\}/g, (_all, name: string) => String(answer[name]))}`
}

function at(answer: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>((value, name) => (value as Answer)[name], answer)
}
