import { randomUUID } from 'node:crypto'
import { tables } from '@tasklane/db'
import { expect } from 'vitest'
import type { Prepare, Refused, Table } from './case.ts'
import type { Scene } from './scene.ts'

const admin = (scene: Scene) => scene.person({ role: 'admin' })

const byAdmin =
  (input: object): Prepare =>
  async (scene) => ({ by: await admin(scene), input })

const refused: Refused[] = [
  {
    ...{ kind: 'bad input', reason: 'INPUT_INVALID', what: 'an id that is none' },
    prepare: byAdmin({ id: 'milk' }),
  },
  { kind: 'absent', reason: 'USER_NOT_FOUND', prepare: byAdmin({ id: randomUUID() }) },
]

/** The failures of one address that no other run has seen. */
const attacked: Prepare = async (scene) => {
  const by = await admin(scene)
  const { db, now, newId } = scene.dependencies
  const victim = await scene.person()
  await db.delete(tables.authEvents)
  await db.insert(tables.authEvents).values({
    ...{ id: newId(), userId: victim.id, eventType: 'log_in', ipAddress: scene.ipAddress },
    ...{ success: false, failureReason: 'WRONG_PASSWORD', count: 5000, createdAt: now() },
  })
  return {
    ...{ by, input: { windowMinutes: 5, failuresMin: 5000 } },
    answer: {
      byAddress: [{ address: scene.ipAddress, failures: 5000, accounts: 1, lastAt: expect.any(Date) }],
      byAccount: [{ userId: victim.id, failures: 5000, addresses: 1 }],
    },
  }
}

export const userTable: Table = {
  'users.deactivate': {
    access: 'admin',
    works: async (scene) => {
      const { id } = await scene.person()
      return { by: await admin(scene), input: { id }, answer: { message: 'The user may sign in no more' } }
    },
    refused: [
      ...refused,
      {
        ...{ kind: 'refused', reason: 'SELF_DEACTIVATION' },
        prepare: async (scene) => {
          const by = await admin(scene)
          return { by, input: { id: by.id.toUpperCase() } }
        },
      },
    ],
  },

  'users.activate': {
    access: 'admin',
    works: async (scene) => {
      const { id } = await scene.person({ isActive: false })
      return { by: await admin(scene), input: { id }, answer: { message: 'The user may sign in' } }
    },
    refused,
  },

  'security.suspicious': {
    access: 'admin',
    works: attacked,
    refused: [
      {
        ...{ kind: 'bad input', reason: 'INPUT_INVALID', what: 'a window of no time' },
        prepare: byAdmin({ windowMinutes: 0 }),
      },
    ],
  },
}
