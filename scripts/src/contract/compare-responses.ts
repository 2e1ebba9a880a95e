import { type Break, compareSchemas, type Documents, type Pair } from './compare-schemas.ts'
import { formsOf } from './forms.ts'
import type { Response } from './openapi-parts.ts'

interface Place {
  documents: Documents
  /** The operation. */
  where: string
}

/** By their status. */
type Responses = Record<string, Response>

/** Where the answers of an operation break with earlier ones. */
export function compareResponses(responses: Pair<Responses>, { documents, where }: Place): Break[] {
  const { before, after } = responses
  const isSuccess = (status: string) => status.startsWith('2')
  const gone = Object.keys(before).filter((status) => isSuccess(status) && !after[status])
  const added = Object.keys(after).filter((status) => isSuccess(status) && !before[status])
  const kept = Object.entries(before).flatMap(([status, old]) => {
    const next = after[status]
    return next ? answerBreaks({ before: old, after: next }, { documents, where: `${where} ${status}` }) : []
  })
  return [
    ...gone.map((status) => ({ where, what: `answers ${status} no longer` })),
    ...added.map((status) => ({ where, what: `may answer ${status} now` })),
    ...reasonBreaks(responses, { documents, where }),
    ...kept,
  ]
}

function answerBreaks({ before, after }: Pair<Response>, place: Place): Break[] {
  const { documents, where } = place
  const bodies = Object.entries(before.content ?? {}).flatMap(([type, { schema }]) => {
    const next = after.content?.[type]
    if (!next) return [{ where, what: `comes as ${type} no longer` }]
    return compareSchemas({ before: schema, after: next.schema }, { documents, direction: 'output', where })
  })
  return [...headerBreaks({ before, after }, place), ...bodies]
}

function headerBreaks({ before, after }: Pair<Response>, { documents, where }: Place): Break[] {
  return Object.entries(before.headers ?? {}).flatMap(([name, old]) => {
    const next = after.headers?.[name]
    const place = `${where} header ${name}`
    if (!next) return old.required ? [{ where: place, what: 'is gone' }] : []
    return [
      ...(old.required && !next.required ? [{ where: place, what: 'may be absent now' }] : []),
      ...compareSchemas(
        { before: old.schema, after: next.schema },
        { documents, direction: 'output', where: place },
      ),
    ]
  })
}

/** A reason that is known keeps its status. New ones may come, and none has to stay. */
function reasonBreaks({ before, after }: Pair<Responses>, { documents, where }: Place): Break[] {
  const next = statusesOfReasons(after, documents.after)
  return [...statusesOfReasons(before, documents.before)].flatMap(([reason, was]) => {
    const is = next.get(reason)
    const isMoved = is !== undefined && was.some((status) => !is.includes(status))
    return isMoved ? [{ where, what: `${reason} comes with ${is.join(', ')}, was ${was.join(', ')}` }] : []
  })
}

/** Of those that name their reasons. `4XX` and `default` may bring any. */
function statusesOfReasons(responses: Responses, document: object): Map<string, string[]> {
  const statuses = new Map<string, string[]>()
  for (const [status, { content }] of Object.entries(responses)) {
    if (!/^[45]\d\d$/.test(status)) continue
    const [form] = formsOf(content?.['application/problem+json']?.schema ?? true, document)
    const [code] = formsOf(form?.properties['code'] ?? true, document)
    for (const reason of code?.values ?? [])
      statuses.set(String(reason), [...(statuses.get(String(reason)) ?? []), status])
  }
  return statuses
}
