'use client'

import { Button } from '../parts/button.tsx'
import { ThemeIcon } from '../parts/icons.tsx'
import { notify } from '../parts/notify.ts'

const themes = ['system', 'light', 'dark'] as const

/** Light, dark, or as the system has it. Kept in a cookie, so that pages are rendered in it. */
export function ThemeButton() {
  function change(): void {
    const { dataset } = document.documentElement
    const now = themes.find((theme) => theme === dataset['theme']) ?? 'system'
    const next = themes[(themes.indexOf(now) + 1) % themes.length] ?? 'system'
    if (next === 'system') delete dataset['theme']
    else dataset['theme'] = next
    const age = next === 'system' ? 0 : 365 * 24 * 3600
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is not in every browser
    document.cookie = `theme=${next}; path=/; max-age=${age}; samesite=lax`
    notify({ text: `Colours: ${next === 'system' ? 'as your system has them' : next}` })
  }

  return (
    <Button look="quiet" isIcon aria-label="Change the colours" title="Light, dark, system" onClick={change}>
      <ThemeIcon />
    </Button>
  )
}
