/** The input with which a subscription goes on after the event of this id, as tRPC has it. */
export function continueFrom(input: unknown, id: unknown): unknown {
  if (typeof id !== 'string' || id === '' || (typeof input !== 'object' && input !== undefined)) return input
  return { ...input, lastEventId: id }
}
