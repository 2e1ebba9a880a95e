import { pgTable } from 'drizzle-orm/pg-core'
import { bytes, instant } from './columns.ts'

/** Foreign identities whose accounts were deleted, so that a token does not bring one back. Names nobody. */
export const deletedIdentities = pgTable('deleted_identities', {
  /** SHA-256 of issuer and subject. */
  identityHash: bytes('identity_hash').primaryKey(),
  deletedAt: instant('deleted_at').notNull(),
})
