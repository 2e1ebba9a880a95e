import { describeProcedures } from '@tasklane/api'
import { expect } from 'vitest'
import type { Case, Prepared } from './case.ts'
import type { Door, DoorCall } from './doors.ts'
import { comparable, type Outcome } from './outcome.ts'
import type { Stage } from './scene.ts'

const typeOf = new Map(describeProcedures().procedures.map(({ path, type }) => [path, type]))

interface Run {
  stage: Stage
  door: Door
  /** What the call differs in from what the case says. Default nothing. */
  changes?: Partial<DoorCall>
}

/** Prepares a case anew and calls through one door. */
export async function callAt({ stage, door, changes }: Run, { procedure, on, prepare }: Case) {
  const server = stage.servers[on]
  const callOf = (path: string, ipAddress: string, { by, token, input }: Prepared): DoorCall => ({
    ...{ procedure: path, type: typeOf.get(path) ?? 'query', input, ipAddress },
    token: token === null ? undefined : (token ?? by?.token),
    ownerId: by?.id,
  })
  const scene = stage.scene(on, (ipAddress) => async (path, input, by) => {
    const call = callOf(path, ipAddress, { input, ...(by && { by }) })
    const { answer, refusal } = await door.call(server, call)
    // An attempt that was counted may have failed for another reason.
    expect(refusal?.reason).not.toBe('RATE_LIMITED')
    return answer
  })
  const prepared = await prepare(scene)
  const call = { ...callOf(procedure, scene.ipAddress, prepared), ...changes }
  return { prepared, scene, outcome: await door.call(server, call) }
}

/** Fails unless the case comes out at the door as it says. Gives what has to be the same at all doors. */
export async function runCase(run: Run, each: Case): Promise<object> {
  const { prepared, scene, outcome } = await callAt(run, each)
  if (each.reason === undefined) await expectAnswer(outcome, prepared)
  else expectRefusal(outcome, each.reason)
  return comparable(outcome, scene.ipAddress)
}

async function expectAnswer({ refusal, answer }: Outcome, { answer: expected = {}, after }: Prepared) {
  expect(refusal).toBeUndefined()
  if (answer !== undefined) expect(answer).toMatchObject(expected)
  else if (!after) throw new Error('Nothing tells what was done: the case needs `after`')
  await after?.()
}

function expectRefusal({ httpStatus, refusal, answer }: Outcome, reason: string): void {
  expect(answer).toBeUndefined()
  expect(refusal).toMatchObject({ reason, httpStatus: httpStatus ?? expect.any(Number) })
}
