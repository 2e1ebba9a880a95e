import type { Page } from 'playwright-core'
import { afterEach, expect, it } from 'vitest'
import {
  addTask,
  faults,
  inChromium,
  isAlive,
  isSaved,
  newEmail,
  openBrowser,
  openWindow,
  password,
  row,
  signIn,
  signUp,
} from './browser.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

/** A window at pages that hold a task of the first user, and a second user who has none. */
async function openVisited() {
  const [firstEmail, secondEmail] = [newEmail(), newEmail()]
  await signUp(await openBrowser(), secondEmail)
  const context = await openBrowser()
  const page = await signUp(context, firstEmail)
  await addTask(page, 'Of the first user')
  await row(page, 'Of the first user').waitFor()
  await isSaved(page)
  // Now it is in the page itself, and not only in what it asked for later.
  await page.reload()
  await row(page, 'Of the first user').waitFor()
  await page.locator('a[href="/account"]').click()
  await page.getByRole('heading', { name: 'Account', exact: true }).waitFor()
  return { context, page, secondEmail }
}

async function showsNothingOfTheFirst(page: Page): Promise<void> {
  await page
    .getByText('Nothing to do')
    .or(page.getByRole('heading', { name: 'Account', exact: true }))
    .first()
    .waitFor()
  expect(await page.content()).not.toContain('Of the first user')
}

it('shows nothing of one user to the next, however far they go back', async () => {
  const { page, secondEmail } = await openVisited()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await signIn(page, secondEmail)
  await page.getByRole('heading', { name: 'Tasks' }).waitFor()
  await showsNothingOfTheFirst(page)
  for (let steps = 0; steps < 3; steps += 1) {
    await page.goBack()
    await page.waitForTimeout(500)
    expect(await page.content()).not.toContain('Of the first user')
  }
})

it('starts anew in a window in which somebody else is signed in by another one', async () => {
  const { context, page, secondEmail } = await openVisited()
  await page.goBack()
  await row(page, 'Of the first user').waitFor()
  const other = await openWindow(context, '/reset-password')
  await other.evaluate(signInBeside, { usernameOrEmail: secondEmail, password })
  await showsNothingOfTheFirst(page)
  await isAlive(page)
  await addTask(page, 'Of the second user')
  await row(page, 'Of the second user').waitFor()
  await isSaved(page)
  await page.reload()
  await row(page, 'Of the second user').waitFor()
})

/** Signs in where somebody is signed in, and tells the other windows of it, as a page of the app does. */
async function signInBeside(credentials: { usernameOrEmail: string; password: string }): Promise<void> {
  const answer = await fetch('/trpc/auth.logIn', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ json: credentials }),
  })
  const { result } = await answer.json()
  const { user, accessToken, refreshToken } = result.data.json
  const channel = new BroadcastChannel('tasklane.session')
  channel.postMessage({
    userId: user.id,
    session: { userId: user.id, accessToken, refreshToken },
    at: Date.now(),
  })
  channel.close()
}
