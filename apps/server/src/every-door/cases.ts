import { type Access, describeProcedures, type Reason } from '@tasklane/api'
import { accountTable } from './account-cases.ts'
import { authTable } from './auth-cases.ts'
import { batchTable } from './batch-cases.ts'
import type { Case, Prepare, Row, Table } from './case.ts'
import { credentialTable } from './credential-cases.ts'
import type { Person } from './crowd.ts'
import { passwordTable } from './password-cases.ts'
import type { Scene } from './scene.ts'
import { taskTable } from './task-cases.ts'
import { taskListTable } from './task-list-cases.ts'
import { userTable } from './user-cases.ts'

export const table: Table = {
  ...authTable,
  ...passwordTable,
  ...accountTable,
  ...credentialTable,
  ...userTable,
  ...taskTable,
  ...taskListTable,
  ...batchTable,
}

/** Another credential than the caller's own, of the same caller where it can be. */
type Credential = (scene: Scene, person: Person) => Promise<string | null>

const apiToken =
  (scopes: 'read' | 'write'): Credential =>
  async (scene, person) =>
    (await scene.as(person).tokens.create({ name: 'A script', scopes })).token

type GuardRefusal = readonly [Reason, Credential]

const signedOut: GuardRefusal = ['AUTHENTICATION_REQUIRED', async () => null]
const program: GuardRefusal = ['SIGN_IN_REQUIRED', apiToken('write')]
const notOurs: GuardRefusal = ['SESSION_REQUIRED', (scene) => scene.issuerToken()]
const notAdmin: GuardRefusal = ['ADMIN_REQUIRED', async (scene) => (await scene.person()).token]
const reader: GuardRefusal = ['SCOPE_INSUFFICIENT', apiToken('read')]

const refusalsOf: Record<Access, GuardRefusal[]> = {
  anybody: [],
  signed_in: [signedOut],
  person: [signedOut, program],
  session: [signedOut, program, notOurs],
  admin: [signedOut, program, notAdmin],
}

/** Who calls as the procedure works, but with a credential that its guard refuses. */
function guardCases(procedure: string, { access, works }: Row): Case[] {
  const { type } = describeProcedures().procedures.find(({ path }) => path === procedure) ?? {}
  const isScoped = type === 'mutation' && access !== 'anybody' && access !== 'admin'
  return [...refusalsOf[access], ...(isScoped ? [reader] : [])].map(([reason, credential]) => ({
    ...{ procedure, reason, on: 'open' },
    kind: reason === 'AUTHENTICATION_REQUIRED' ? 'signed out' : 'refused',
    prepare: preparedOnce(async (scene) => {
      const { by, input } = await works(scene)
      if (!by) throw new Error(`Nobody calls ${procedure}`)
      return { by, token: await credential(scene, by), ...(input && { input }) }
    }),
  }))
}

function unknownField(works: Prepare): Prepare {
  return preparedOnce(async (scene) => {
    const { by, input } = await works(scene)
    return { ...(by && { by }), input: { ...input, nonsense: true } }
  })
}

/** For calls that are refused before they could change anything: every door gets the same. */
function preparedOnce(prepare: Prepare): Prepare {
  let prepared: ReturnType<Prepare> | undefined
  return (scene) => (prepared ??= prepare(scene))
}

function casesOf([procedure, row]: [string, Row]): Case[] {
  const { works, alsoWorks = {}, refused } = row
  return [
    { ...{ procedure, kind: 'works', on: 'open' }, prepare: works },
    ...Object.entries(alsoWorks).map(
      ([what, prepare]): Case => ({ ...{ procedure, kind: 'works', on: 'open' }, what, prepare }),
    ),
    ...guardCases(procedure, row),
    {
      ...{ procedure, kind: 'unknown field', on: 'open', reason: 'INPUT_INVALID' },
      prepare: unknownField(works),
    },
    ...refused.map((each): Case => ({ on: 'open', ...each, procedure })),
  ]
}

/** Every case there is. */
export const cases: Case[] = Object.entries(table).flatMap(casesOf)
