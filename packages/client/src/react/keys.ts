/** The procedure that a query or mutation of TanStack Query is of, such as `tasks.list`. */
export function pathOf(key: readonly unknown[] | undefined): string | undefined {
  const [path] = key ?? []
  return Array.isArray(path) && path.every((part) => typeof part === 'string') ? path.join('.') : undefined
}

/** What a query was asked with. */
export function inputOf(key: readonly unknown[]): object {
  const details = key[1]
  const input = typeof details === 'object' && details !== null && 'input' in details && details.input
  return typeof input === 'object' && input !== null ? input : {}
}

/** Whether a query is the named one, or of the named feature. */
export function isOf(path: string | undefined, named: string): boolean {
  return path === named || path?.startsWith(`${named}.`) === true
}
