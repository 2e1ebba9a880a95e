import { createHash } from 'node:crypto'
import type { Db } from '@tasklane/db'
import { describeEvent } from '../audit/events.ts'
import { AppError } from '../errors.ts'
import type { CallerAddress, ForeignIdentity, Provision } from './foreign-tokens.ts'
import {
  findIdentity,
  type IdentityUser,
  insertIdentity,
  isIdentityDeleted,
  type NewIdentity,
  updateProfile,
} from './identity-queries.ts'

interface Options {
  db: Db
  now: () => Date
  newId: () => string
  hashIdentifier: (identifier: string) => Uint8Array
}

/**
 * Finds the user behind a foreign identity. The first token makes the user, later ones keep the
 * profile up to date. Users are never joined by email: whoever controls an issuer would own them all.
 */
export function createProvision(options: Options): Provision {
  const { db } = options
  const underWay = new Map<string, Promise<IdentityUser>>()

  async function provision(identity: ForeignIdentity, caller: CallerAddress): Promise<IdentityUser> {
    const source = { ...options, ...caller }
    const event = (type: 'identity_provision' | 'identity_email_taken') => (userId: string) =>
      describeEvent(source, {
        type,
        userId,
        identifier: identity.profile.email,
        ...(type === 'identity_email_taken' && { failureReason: 'EMAIL_TAKEN' }),
      })
    const events = { provisioned: event('identity_provision'), emailTaken: event('identity_email_taken') }
    const known = (await findIdentity(db, identity)) ?? (await insertOrFind(identity, events))
    if (!known?.isActive) throw new AppError('TOKEN_INVALID')
    const user = await updateProfile(db, { user: known, identity, emailTaken: events.emailTaken })
    if (!user?.isActive) throw new AppError('TOKEN_INVALID')
    return user
  }

  async function insertOrFind(identity: ForeignIdentity, events: NewIdentity['events']) {
    const hash = hashIdentity(identity)
    if (await isIdentityDeleted(db, hash)) return undefined
    const inserted = await insertIdentity(db, { ...identity, id: options.newId(), hash, events })
    // Somebody else was faster.
    return inserted ?? (await findIdentity(db, identity))
  }

  return (identity, caller) => {
    const { issuer, subject, issuedAt } = identity
    const key = JSON.stringify([issuer, subject, issuedAt])
    const running = underWay.get(key)
    if (running !== undefined) return running
    const started = provision(identity, caller).finally(() => underWay.delete(key))
    underWay.set(key, started)
    return started
  }
}

/** What a deleted account leaves of an identity. */
export function hashIdentity({ issuer, subject }: { issuer: string; subject: string }): Uint8Array {
  return createHash('sha256')
    .update(JSON.stringify([issuer, subject]))
    .digest()
}
