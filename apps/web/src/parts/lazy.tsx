'use client'

import { type ComponentType, useEffect, useReducer } from 'react'

interface Lazy {
  /** Loads the code before it is shown, so that it shows without a connection too. */
  prepare(): void
}

/** A component whose code is loaded when it is shown. Until then, and on the server, another one shows, or nothing. */
export function whenShown<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  Meanwhile?: ComponentType<Props>,
): ComponentType<Props> & Lazy {
  let loaded: ComponentType<Props> | undefined
  let loading: Promise<void> | undefined
  const get = () => {
    loading ??= load().then(
      (component) => {
        loaded = component
      },
      // Offline, perhaps. The next one who wants it asks again.
      () => {
        loading = undefined
      },
    )
    return loading
  }

  function WhenShown(props: Props) {
    const [, render] = useReducer((count: number) => count + 1, 0)
    useEffect(() => {
      let isOver = false
      const show = () =>
        void get().then(() => {
          if (!isOver) render()
        })
      if (!loaded) show()
      window.addEventListener('online', show)
      return () => {
        isOver = true
        window.removeEventListener('online', show)
      }
    }, [])
    const Loaded = loaded ?? Meanwhile
    return Loaded ? <Loaded {...props} /> : null
  }
  return Object.assign(WhenShown, { prepare: () => void get() })
}

const restMilliseconds = 2_000

/** Loads what may be shown later, once the page rests. */
export function usePrepared(...components: readonly Lazy[]): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const component of components) component.prepare()
    }, restMilliseconds)
    return () => clearTimeout(timer)
  }, [])
}
