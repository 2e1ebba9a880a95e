import { randomUUID } from 'node:crypto'
import { tables } from '@tasklane/db'
import { expect } from 'vitest'
import { badInput, calledWith, type Prepare, type Table } from './case.ts'
import { type Scene, userAgent } from './scene.ts'

async function tokenOwner(scene: Scene) {
  const by = await scene.person()
  const own = scene.as(by)
  const { id } = await own.tokens.create({ name: 'A script', scopes: 'read' })
  return { by, own, id }
}

/** As many tokens as one account may have. */
const fullTokens: Prepare = async (scene) => {
  const by = await scene.person()
  const { db, now, newId } = scene.dependencies
  const rows = Array.from({ length: 100 }, () => {
    const id = newId()
    const tokenHash = Buffer.from(id)
    return { id, tokenHash, userId: by.id, name: 'A script', scopes: 'read' as const, createdAt: now() }
  })
  await db.insert(tables.apiTokens).values(rows)
  return { by, input: { name: 'One more', scopes: 'read' } }
}

export const credentialTable: Table = {
  'sessions.list': {
    access: 'person',
    works: async (scene) => {
      const by = await scene.person()
      const other = { id: await scene.startSession(by.id), isCurrent: false }
      const { ipAddress } = scene
      const sessions = [
        { ...other, ipAddress, userAgent },
        { id: by.sessionId, isCurrent: true, ipAddress: null },
      ]
      return { by, answer: { sessions } }
    },
    refused: [],
  },

  'sessions.revoke': {
    access: 'person',
    works: async (scene) => {
      const by = await scene.person()
      const id = await scene.startSession(by.id)
      const after = async () =>
        expect(await scene.as(by).sessions.list()).toMatchObject({ sessions: [{ id: by.sessionId }] })
      return { by, input: { id }, answer: { message: 'Session revoked' }, after }
    },
    refused: [
      badInput('an id that is none', { id: 'milk' }),
      {
        ...{ kind: 'foreign row', reason: 'SESSION_NOT_FOUND' },
        prepare: async (scene) => ({
          ...{ by: await scene.bystander(), input: { id: (await scene.person()).sessionId } },
        }),
      },
      { kind: 'absent', reason: 'SESSION_NOT_FOUND', prepare: calledWith({ id: randomUUID() }) },
    ],
  },

  'tokens.create': {
    access: 'person',
    works: async (scene) => {
      const by = await scene.person()
      const input = { name: 'A script', scopes: 'write', expiresAt: '2096-12-24T12:00:00Z' }
      const answer = { ...input, expiresAt: new Date(input.expiresAt), token: expect.stringMatching(/^tl_/) }
      return { by, input, answer: { ...answer, lastUsedAt: null } }
    },
    refused: [
      badInput('scopes that there are not', { name: 'A script', scopes: 'admin' }),
      {
        ...{ kind: 'refused', reason: 'INPUT_CONTRADICTORY' },
        prepare: calledWith({ name: 'A script', scopes: 'read', expiresAt: '2020-01-01T00:00:00Z' }),
      },
      { kind: 'conflict', what: 'one token too many', reason: 'API_TOKENS_TOO_MANY', prepare: fullTokens },
    ],
  },

  'tokens.list': {
    access: 'person',
    works: async (scene) => {
      const { by, id } = await tokenOwner(scene)
      const tokens = [{ id, name: 'A script', scopes: 'read', expiresAt: null, lastUsedAt: null }]
      return { by, answer: { tokens } }
    },
    refused: [],
  },

  'tokens.revoke': {
    access: 'person',
    works: async (scene) => {
      const { by, own, id } = await tokenOwner(scene)
      const after = async () => expect(await own.tokens.list()).toEqual({ tokens: [] })
      return { by, input: { id }, answer: { message: 'API token revoked' }, after }
    },
    refused: [
      badInput('an id that is none', { id: 'milk' }),
      {
        ...{ kind: 'foreign row', reason: 'API_TOKEN_NOT_FOUND' },
        prepare: async (scene) => ({
          ...{ by: await scene.bystander(), input: { id: (await tokenOwner(scene)).id } },
        }),
      },
      { kind: 'absent', reason: 'API_TOKEN_NOT_FOUND', prepare: calledWith({ id: randomUUID() }) },
    ],
  },
}
