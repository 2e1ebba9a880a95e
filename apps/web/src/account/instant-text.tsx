const format = new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' })

/** An instant, in the user's time. */
export function InstantText({ at }: { at: Date }) {
  return <time dateTime={at.toISOString()}>{format.format(at)}</time>
}
