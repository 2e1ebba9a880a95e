import type { Page } from 'playwright-core'

interface Measured {
  /** The window in which something is done. */
  from: Page
  /** The window that has to show it. */
  to: Page
  /** Does it. The time runs from the last key or click. */
  act: () => Promise<void>
  /** What the other window shows then. */
  text: string
  /** Whether it has to be gone instead. */
  isGone?: boolean
}

/** Milliseconds between what is done in one window and the frame in which another shows it, by the clock that they share. */
export async function latencyOf({ from, to, act, text, isGone = false }: Measured): Promise<number> {
  const noted = from.evaluate(() => {
    const note = () => {
      document.documentElement.dataset['actedAt'] = String(Date.now())
    }
    for (const type of ['keydown', 'click']) addEventListener(type, note, { capture: true })
  })
  await noted
  const seenAt = to.evaluate(
    ({ text, isGone }) =>
      new Promise<number>((resolve) => {
        const look = () => {
          const rows = [...document.querySelectorAll('[data-task]')]
          if (rows.some((row) => row.textContent?.includes(text)) === isGone) return
          observer.disconnect()
          requestAnimationFrame(() => resolve(Date.now()))
        }
        const observer = new MutationObserver(look)
        observer.observe(document.body, { childList: true, subtree: true, characterData: true })
        look()
      }),
    { text, isGone },
  )
  await act()
  const at = await seenAt
  return at - Number(await from.evaluate(() => document.documentElement.dataset['actedAt']))
}
