import { useSyncExternalStore } from 'react'

/** The user's day, `YYYY-MM-DD`. Nothing on the server, which does not know where the user is. */
export function useToday(): string | undefined {
  return useSyncExternalStore(subscribe, localDay, () => undefined)
}

export function localDay(now: Date = new Date()): string {
  const part = (value: number) => String(value).padStart(2, '0')
  return `${now.getFullYear()}-${part(now.getMonth() + 1)}-${part(now.getDate())}`
}

function subscribe(listener: () => void): () => void {
  const timer = setInterval(listener, 60_000)
  document.addEventListener('visibilitychange', listener)
  return () => {
    clearInterval(timer)
    document.removeEventListener('visibilitychange', listener)
  }
}
