import { Email, Name } from '../user.ts'

/** What a foreign token says of its user. What it does not say, or says in a form we do not store, is absent. */
export interface ForeignProfile {
  email?: string
  emailVerified?: boolean
  name?: string
  avatarUrl?: string
}

/** As they come: of any type, among others. */
interface ProfileClaims {
  [claim: string]: unknown
  email?: unknown
  email_verified?: unknown
  emailVerified?: unknown
  name?: unknown
  avatar_url?: unknown
  picture?: unknown
  image?: unknown
}

const avatarUrlLengthMax = 2048

/** Reads the profile claims of OpenID Connect Core §5.1, and those of Better Auth. */
export function readProfile(claims: ProfileClaims): ForeignProfile {
  const email = Email.safeParse(claims.email).data
  const name = Name.safeParse(claims.name).data
  const avatarUrl = [claims.avatar_url, claims.picture, claims.image].find(isWebAddress)
  const isVerified = claims.email_verified ?? claims.emailVerified
  return {
    ...(email !== undefined && { email, emailVerified: isVerified === true }),
    ...(name !== undefined && { name }),
    ...(avatarUrl !== undefined && { avatarUrl }),
  }
}

function isWebAddress(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > avatarUrlLengthMax) return false
  return value.isWellFormed() && !value.includes('\0') && /^https?:/.test(value) && URL.canParse(value)
}
