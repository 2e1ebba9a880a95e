import { AppError } from '../errors.ts'
import { MalformedInputError, refuseBoundless } from '../transformer.ts'

/**
 * The value of a JSON text that came from outside.
 *
 * @throws AppError `INPUT_MALFORMED` for what is no JSON, nests too deeply, has too many parts or a field `__proto__`.
 */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null) refuseBoundless(value)
    return value
  } catch (cause) {
    throw new AppError('INPUT_MALFORMED', {
      ...(cause instanceof MalformedInputError && { message: cause.message }),
      cause,
    })
  }
}
