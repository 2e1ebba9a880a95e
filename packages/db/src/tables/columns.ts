import { customType, timestamp } from 'drizzle-orm/pg-core'

/** An instant with the precision of a JavaScript `Date` (milliseconds), so that it reads back as written. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: 'date' })

/** Text that sorts by code point, so that every server and every platform orders it alike. */
export const sortableText = customType<{ data: string; driverData: string }>({
  dataType: () => 'text collate "C"',
})

/** Bytes, such as a hash. */
export const bytes = customType<{ data: Uint8Array; driverData: Uint8Array }>({ dataType: () => 'bytea' })

/** The words of a text and where they stand, for full-text search. */
export const searchDocument = customType<{ data: string }>({ dataType: () => 'tsvector' })
