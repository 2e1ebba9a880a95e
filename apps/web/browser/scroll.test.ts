import { afterEach, expect, it } from 'vitest'
import { faults, inChromium, newEmail, openBrowser, signUp } from './browser.ts'
import { createTasks } from './server-client.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

const frameMaxMilliseconds = 200

it('scrolls through a thousand tasks without a frame that is seen to hang', async () => {
  const context = await openBrowser()
  const email = newEmail()
  const page = await signUp(context, email)
  await createTasks(email, 1000)
  await page.reload()
  await page.getByRole('grid', { name: 'Tasks' }).waitFor()
  const { frames, rowsMax } = await page.evaluate(scrollToTheEnd, 1000)
  const longest = Math.max(...frames)
  console.log(
    `Scrolling 1000 tasks: ${frames.length} frames, the longest ${Math.round(longest)} ms, at most ${rowsMax} rows in the page`,
  )
  expect(longest).toBeLessThan(frameMaxMilliseconds)
  expect(rowsMax).toBeLessThan(100)
  await page.getByText('Task number 0001').waitFor()
})

/** Scrolls by steps, as a wheel does, and gives how long each frame took. */
function scrollToTheEnd(count: number): Promise<{ frames: number[]; rowsMax: number }> {
  return new Promise((resolve) => {
    const frames: number[] = []
    let rowsMax = 0
    let last = performance.now()
    const step = (now: number) => {
      frames.push(now - last)
      last = now
      const rows = document.querySelectorAll<HTMLElement>('[data-task]')
      rowsMax = Math.max(rowsMax, rows.length)
      if (Number([...rows].at(-1)?.getAttribute('aria-rowindex')) >= count)
        return resolve({ frames: frames.slice(1), rowsMax })
      window.scrollBy(0, 240)
      requestAnimationFrame(step)
    }
    requestAnimationFrame(step)
  })
}

const budgetBytes = 180_000

it(`loads at most ${budgetBytes / 1000} kB of scripts for the tasks, gzipped`, async () => {
  const context = await openBrowser()
  const page = await signUp(context)
  await page.reload()
  await page.getByText('Nothing to do').waitFor()
  await page.getByRole('link', { name: 'Today' }).click()
  await page.getByText('Nothing due today').waitFor()
  const loaded = await page.evaluate(() => {
    const inPage = [...document.scripts].map(({ src }) => src)
    const entries = performance.getEntriesByType('resource') as PerformanceResourceTiming[]
    return entries
      .filter(({ name }) => name.endsWith('.js'))
      .map(({ name, encodedBodySize }) => ({ bytes: encodedBodySize, isFirst: inPage.includes(name) }))
  })
  const sum = (files: typeof loaded) => files.reduce((total, file) => total + file.bytes, 0)
  const bytes = sum(loaded.filter(({ isFirst }) => isFirst))
  console.log(
    `Scripts of the page: ${(bytes / 1000).toFixed(1)} kB; with those that were loaded since: ${(sum(loaded) / 1000).toFixed(1)} kB`,
  )
  expect(loaded.length).toBeGreaterThan(3)
  expect(bytes).toBeGreaterThan(50_000)
  expect(bytes).toBeLessThanOrEqual(budgetBytes)
})
