import type { Db } from '@tasklane/db'
import type { Refusals } from './audit/refusals.ts'
import type { Background } from './background.ts'
import type { ChangeBus } from './change-bus.ts'
import { AppError, plainSpelling, type Spelling } from './errors.ts'
import type { AccessTokens } from './guard/access-tokens.ts'
import { authenticate, authenticateOnce } from './guard/authenticate.ts'
import type { Guard } from './guard/guard.ts'
import type { Principal } from './guard/principal.ts'
import type { RefreshTokens } from './guard/refresh-tokens.ts'
import type { Revocations } from './guard/revocations.ts'
import type { SigningKeys } from './guard/signing-keys.ts'
import type { Seal } from './idempotency/seal.ts'
import { requestLimits } from './limits.ts'
import type { Mailer } from './mail/mailer.ts'
import type { PasswordHasher } from './passwords/password-hasher.ts'
import type { PasswordRules } from './passwords/password-rules.ts'
import type { RateLimiter, RateLimitState } from './rate-limiter.ts'
import type { Turns } from './turns.ts'

/** Where the log goes. Details are structured; never a token, a password or an input. */
export interface Logger {
  info(details: object, message: string): void
  warn(details: object, message: string): void
  error(details: object, message: string): void
}

/** What comes from outside the procedures, handed in once when the process starts. */
export interface Dependencies {
  db: Db
  /** The clock of sessions and of every decision about expiry. Tasks and accounts take the database's. */
  now: () => Date
  /** Makes ids that sort by time: UUIDs of version 7. RFC 9562 §5.7. */
  newId: () => string
  hasher: PasswordHasher
  limiter: RateLimiter
  /** How often a caller was refused, as events. */
  refusals: Refusals
  signingKeys: SigningKeys
  accessTokens: AccessTokens
  refreshTokens: RefreshTokens
  /**
   * In these the transactions of one owner are made, in this process: in the database they would wait for each
   * other anyway, each with a connection that others need.
   */
  ownerTurns: Turns
  /** Keeps the answers of calls with an idempotency key unreadable for whoever reads the database. */
  answerSeal: Seal
  /** Tells who a bearer credential stands for. */
  guard: Guard
  revocations: Revocations
  passwordRules: PasswordRules
  /** Keyed hash of an email or username, to group failures without naming anybody. */
  hashIdentifier: (identifier: string) => Uint8Array
  /** Sends mail. Absent: this server sends none. */
  mailer: Mailer | undefined
  /** For what a caller does not wait for. */
  background: Background
  /** Wakes those who follow the changes of a user's tasks. */
  changeBus: ChangeBus
  /** How often they ask the database though nothing woke them. */
  changesPollMilliseconds: number
  /** Whether another user's task is told from one that does not exist. Default not. */
  tellsForeignTasks: boolean
  log: Logger
}

/** What a door knows of the HTTP request, or of the program, that makes the calls. */
export interface Caller {
  /** Every `Authorization` header as it came. Default none. */
  authorization?: readonly string[] | undefined
  /** The caller's address; absent in process. */
  ipAddress?: string | undefined
  userAgent?: string | undefined
  /** The log of this request. Default: the process's. */
  log?: Logger | undefined
  /** Who owns what the path names. Only this user may call. Default: whoever calls. */
  pathOwnerId?: string | undefined
  /** The caller's own name for this call: made again under it, it answers as it did and does nothing. Default none. */
  idempotencyKey?: string | undefined
}

/** @throws AppError `ANSWER_TOO_LARGE` when the calls before have taken the room. */
type Take = (amount: number) => void

/** What every procedure is given. One for each HTTP request, also when it is a batch. */
export interface Context extends Dependencies {
  ipAddress: string | undefined
  userAgent: string | undefined
  pathOwnerId: string | undefined
  idempotencyKey: string | undefined
  /** How the door spells the names of fields. */
  spelling: Spelling
  /** Who calls. The answer is looked up once; a refusal is logged once. */
  authenticate: () => Promise<Principal>
  /** Looks again, for an answer that outlives its request. Rejects once the credential has ended. */
  authenticateAgain: () => Promise<Principal>
  /** How the limits stand that the calls of this request have met, for the answer's headers. */
  rateLimits: RateLimitState[]
  /** Room for tasks that are asked for, and for the text of those that are answered, in the lists of this request. */
  room: { takeTasks: Take; takeText: Take }
}

const userAgentLengthMax = 512

/** The context of one HTTP request. */
export function createContext(dependencies: Dependencies, caller: Caller): Context {
  const log = caller.log ?? dependencies.log
  const { authorization = [], ipAddress, pathOwnerId, idempotencyKey } = caller
  const userAgent = caller.userAgent?.slice(0, userAgentLengthMax)
  const request = { guard: dependencies.guard, authorization, ipAddress, userAgent, log }
  return {
    ...dependencies,
    log,
    ipAddress,
    userAgent,
    pathOwnerId,
    idempotencyKey,
    spelling: plainSpelling,
    rateLimits: [],
    room: {
      takeTasks: roomFor(requestLimits.listedTasksMax),
      takeText: roomFor(requestLimits.listedTextMax),
    },
    authenticate: authenticateOnce(request),
    authenticateAgain: () => authenticate(request),
  }
}

/** The context of a program of ours that calls in process, past the guard: scripts and jobs. */
export function createSystemContext(dependencies: Dependencies): Context {
  const authenticateSystem = () => Promise.resolve<Principal>({ kind: 'system' })
  return {
    ...dependencies,
    ipAddress: undefined,
    userAgent: undefined,
    pathOwnerId: undefined,
    idempotencyKey: undefined,
    spelling: plainSpelling,
    rateLimits: [],
    room: { takeTasks: () => {}, takeText: () => {} },
    authenticate: authenticateSystem,
    authenticateAgain: authenticateSystem,
  }
}

function roomFor(amountMax: number): Take {
  let left = amountMax
  return (amount) => {
    if (amount > left) throw new AppError('ANSWER_TOO_LARGE')
    left -= amount
  }
}
