import type { Access, Reason } from '@tasklane/api'
import type { Person } from './crowd.ts'
import type { Scene, ServerName } from './scene.ts'

/** What a case shows of its procedure. */
export type Kind =
  | 'works'
  | 'bad input'
  | 'unknown field'
  | 'signed out'
  | 'foreign row'
  | 'absent'
  | 'conflict'
  | 'too many'
  | 'refused'

/** How a case calls, once all that it needs is there. */
export interface Prepared {
  /** Default nobody. */
  by?: Person
  /** The credential. Default the caller's own; `null` for none. */
  token?: string | null
  /** As the contract has it. Default none. */
  input?: object
  /** What is in the answer, in words of the contract. Default nothing in particular. */
  answer?: object
  /** Looks at what was done. Needed where an answer has no body. */
  after?: () => Promise<void>
}

export type Prepare = (scene: Scene) => Promise<Prepared>

export interface Refused {
  kind: Exclude<Kind, 'works'>
  reason: Reason
  /** What is refused, if that is not plain by the kind. */
  what?: string
  /** The server whose settings it needs. Default `open`. */
  on?: ServerName
  prepare: Prepare
}

/** All that is told of a procedure, once. */
export interface Row {
  /** Who may call it. What the guard refuses follows from that. */
  access: Access
  works: Prepare
  /** Other ways in which it works. Default none. */
  alsoWorks?: Record<string, Prepare>
  refused: Refused[]
}

/** By procedure. */
export type Table = Record<string, Row>

/** One call, to be made at every door. */
export interface Case {
  procedure: string
  kind: Kind
  what?: string | undefined
  on: ServerName
  /** Absent: it works. */
  reason?: Reason
  prepare: Prepare
}

const refusedWords: Record<Refused['kind'], string> = {
  'bad input': 'a bad input',
  'unknown field': 'an unknown field',
  'signed out': 'strangers',
  'foreign row': 'a foreign row',
  absent: 'what is not there',
  conflict: 'a conflict',
  'too many': 'one attempt too many',
  refused: 'the call',
}

export function titleOf({ kind, what, reason }: Case): string {
  if (kind === 'works') return what === undefined ? 'works' : `works ${what}`
  return `refuses ${what ?? refusedWords[kind]} as ${reason}`
}

/** Somebody who calls with an input that does not depend on anything. */
export function calledWith(input: object): Prepare {
  return async (scene) => ({ by: await scene.bystander(), input })
}

/** A stranger who does. */
export function calledByAnybodyWith(input: object): Prepare {
  return async () => ({ input })
}

export function badInput(what: string, input: object): Refused {
  return { kind: 'bad input', reason: 'INPUT_INVALID', what, prepare: calledWith(input) }
}
