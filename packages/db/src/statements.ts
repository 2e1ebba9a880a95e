import type { Db } from './connect.ts'

/**
 * Builds something once for each database and keeps it, such as prepared statements: their text is
 * then made once and the server plans them once.
 */
export function perDatabase<T>(build: (db: Db) => T): (db: Db) => T {
  const built = new WeakMap<Db, T>()
  return (db) => {
    const known = built.get(db)
    if (known !== undefined) return known
    const value = build(db)
    built.set(db, value)
    return value
  }
}
