import { describeProcedures, type JsonSchema, type ProcedureDescription, type RestFace } from '@tasklane/api'

/** One procedure as the REST door serves it. */
export interface Operation extends ProcedureDescription {
  rest: RestFace
  /** The fields of its input by their name, as the contract spells them. */
  fields: Record<string, JsonSchema>
  /** Which of them stand in the path. */
  pathFields: string[]
  /** Whether the others come as a JSON body, or in the query. */
  hasBody: boolean
  /** Whether it writes a task of which the caller may expect a version. */
  takesIfMatch: boolean
}

/** Where an operation answers. */
export interface Place {
  /** As OpenAPI writes it: `/api/tasks/{id}`. */
  path: string
  /** Before the paths of its resources. Empty, `/api`, or `/api/{user_id}`. */
  base: string
}

/** The name of the path's owner. */
export const ownerParameter = 'user_id'

const root = '/api'
const ownedRoot = `${root}/{${ownerParameter}}`

/** Every procedure that has a face for plain HTTP. */
export function restOperations(): Operation[] {
  return describeProcedures().procedures.flatMap((procedure) => {
    const { rest } = procedure.meta
    return rest ? [operationOf(procedure, rest)] : []
  })
}

function operationOf(procedure: ProcedureDescription, rest: RestFace): Operation {
  const fields = (procedure.input.properties ?? {}) as Record<string, JsonSchema>
  return {
    ...procedure,
    ...{ rest, fields },
    pathFields: [...rest.path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name),
    hasBody: rest.method !== 'GET' && rest.method !== 'DELETE',
    takesIfMatch: 'expectedVersion' in fields,
  }
}

/** The places that are documented each by itself: tasks also below their owner. */
export function mainPlaces({ rest }: Operation): [Place, ...Place[]] {
  const own = { path: `${root}${rest.path}`, base: root }
  return isOwned(rest) ? [own, { path: `${ownedRoot}${rest.path}`, base: ownedRoot }] : [own]
}

/** The places that answer as the first of the main ones. */
export function aliasPlaces({ rest }: Operation): Place[] {
  const aliases = (rest.aliases ?? []).map((path) => ({ path: `${root}${path}`, base: root }))
  return isOwned(rest) ? [...aliases, { path: rest.path, base: '' }] : aliases
}

function isOwned({ path }: RestFace): boolean {
  return path === '/tasks' || path.startsWith('/tasks/')
}
