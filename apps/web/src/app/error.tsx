'use client'

/** Shown where a page fails in a way that nobody has foreseen. */
export default function PageFailed({ reset }: { error: Error; reset: () => void }) {
  return (
    <main>
      <h1>Something went wrong</h1>
      <p>This page could not be shown. What you have saved is safe.</p>
      <button type="button" onClick={reset}>
        Try again
      </button>
    </main>
  )
}
