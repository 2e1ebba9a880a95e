import { randomInt } from 'node:crypto'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import {
  isPlaceOf,
  madeWrong,
  type PlacedOperation,
  placedOperations,
  requestsOf,
} from './fixtures/described-requests.ts'
import { PropertyStage } from './fixtures/property-stage.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Of the long form. */
    testArguments?: Record<string, string>
  }
}

const given = inject('testArguments')
const runs = Number(given?.['runs'] ?? (given ? 200 : 7))
const seed = Number(given?.['seed'] ?? randomInt(2 ** 31))
/** Of a failure: begins with the run that failed. With `operation`, it is repeated alone. */
const path = given?.['path'] ?? ''
const operations = placedOperations().filter(
  ({ operationId }) => operationId === (given?.['operation'] ?? operationId),
)

const secondsMax = 10 + runs * 2
const timeout = (secondsMax + 20) * 1000
const limit = { interruptAfterTimeLimit: secondsMax * 1000, markInterruptAsFailure: true }
const bodyBytesMax = 1024 * 1024

let stage: PropertyStage
let sent = 0

beforeAll(async () => {
  stage = await PropertyStage.open()
})
afterAll(async () => {
  console.log(`Requests from the OpenAPI document: seed ${seed}, ${runs} runs, ${sent} requests`)
  await stage.close()
})

const placeOf = ({ path: own, 'x-aliases': aliases = [] }: PlacedOperation) =>
  fc.constantFrom(own, ...aliases)

function successOf({ responses }: PlacedOperation): number {
  return Math.min(...Object.keys(responses).map(Number).filter(Number.isInteger))
}

const shown = (value: unknown) => JSON.stringify(value).slice(0, 500)

describe.each(operations)('$method $path', (operation) => {
  it(
    'does what it is asked in the least way, of things that exist',
    async () => {
      const request = requestsOf(operation, 'least')
      const property = fc.asyncProperty(request, placeOf(operation), async (asked, place) => {
        const known = await stage.ofKnownThings(operation, asked)
        const answer = await stage.send(operation, { place, request: known })
        sent++
        expect(answer.status, shown(answer.body)).toBe(successOf(operation))
      })
      await fc.assert(property, { seed, numRuns: given ? 3 : 1, ...limit })
    },
    timeout,
  )

  it(
    'never finds fault with the form of a request that is right by the document',
    async () => {
      const property = fc.asyncProperty(
        fc.oneof(requestsOf(operation, 'any'), requestsOf(operation, 'least')),
        placeOf(operation),
        fc.boolean(),
        async (asked, place, isKnown) => {
          const request = isKnown ? await stage.ofKnownThings(operation, asked) : asked
          const { status, body } = await stage.send(operation, { place, request })
          sent++
          const isTooLarge = Buffer.byteLength(JSON.stringify(request.body ?? '')) > bodyBytesMax
          const isAllowed = [401, 403, 404, 409, 412, 422, 429, ...(isTooLarge ? [413] : [])].includes(status)
          expect(status < 400 || isAllowed, `${status} ${shown(body)}`).toBe(true)
        },
      )
      await fc.assert(property, { seed, path, numRuns: runs, ...limit })
    },
    timeout,
  )
})

describe.each(operations.filter((each) => each['x-procedure'] !== undefined))(
  '$method $path',
  (operation) => {
    it(
      'refuses a request that is wrong by the document, and says where',
      async () => {
        const property = fc.asyncProperty(
          requestsOf(operation, 'any'),
          placeOf(operation),
          fc.nat(),
          async (asked, place, choice) => {
            const own = await stage.ofCaller(operation, asked)
            const { request, fault } = madeWrong(operation, own, choice)
            const { status, body } = await stage.send(operation, { place, request })
            sent++
            const said = `${shown(fault)}: ${status} ${shown(body)}`
            // Whoever is not the owner learns nothing else.
            const isOfAnother = fault.at[1] === 'user_id'
            expect(status, said).toBe(isOfAnother ? 403 : 400)
            const errors: { pointer: string }[] = body.errors ?? []
            expect(isOfAnother || errors.some(({ pointer }) => isPlaceOf(fault, pointer)), said).toBe(true)
          },
        )
        await fc.assert(property, { seed, path, numRuns: runs, ...limit })
      },
      timeout,
    )
  },
)
