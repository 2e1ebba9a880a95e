/** Who calls: a user, or a program of ours. */
export type Principal = UserPrincipal | { kind: 'system' }

export interface UserPrincipal {
  kind: 'user'
  /** Ours, a UUID, whatever an identity provider calls the user. */
  userId: string
  /** As the credential says; absent when it says nothing. */
  email: string | undefined
  credential: Credential
}

/** What the caller showed. */
export type Credential =
  | { kind: 'session'; sessionId: string }
  /** A token of a trusted issuer. Its session is kept there. */
  | { kind: 'issuer'; issuer: string }
  | { kind: 'api_token'; tokenId: string; scopes: 'read' | 'write' }

/** A credential that was found good. */
export interface Identified {
  principal: UserPrincipal
  /** Seconds since 1970. Absent when the credential does not expire. */
  expiresAtSeconds?: number | undefined
  /** How long the answer may be kept without asking the database or the issuer again. */
  goodForSeconds: number
}
