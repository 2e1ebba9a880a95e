import { afterEach, expect, it } from 'vitest'
import {
  addTask,
  faults,
  inChromium,
  isSaved,
  newEmail,
  openBrowser,
  openWindow,
  row,
  signIn,
  signUp,
} from './browser.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

it('goes to the sign-in, with a word, when the session is ended elsewhere', async () => {
  const email = newEmail()
  const mine = await signUp(await openBrowser(), email)
  const other = await openWindow(await openBrowser(), '/sign-in')
  await signIn(other, email)
  await other.getByRole('heading', { name: 'Tasks' }).waitFor()
  await other.goto('/account')
  await other.getByRole('button', { name: /^End the session/ }).click()
  await mine.getByText('You were signed out').waitFor()
  await mine.getByRole('heading', { name: 'Sign in' }).waitFor()
  await other.getByText('That session is over').waitFor()
  await mine.goto('/')
  await mine.getByRole('heading', { name: 'Sign in' }).waitFor()
})

it('signs out every window of the browser at once', async () => {
  const context = await openBrowser()
  const first = await signUp(context)
  const second = await openWindow(context)
  await second.getByRole('heading', { name: 'Tasks' }).waitFor()
  await first.getByRole('button', { name: 'Sign out' }).click()
  for (const page of [first, second]) await page.getByRole('heading', { name: 'Sign in' }).waitFor()
  await second.getByText('You were signed out').waitFor()
  expect(await first.getByText('You were signed out').count()).toBe(0)
  expect((await context.cookies()).map(({ name }) => name)).not.toContain('__Host-tasklane-session')
})

it('keeps the refresh token out of reach of scripts, and of every page', async () => {
  const context = await openBrowser()
  const page = await signUp(context)
  const cookie = (await context.cookies()).find(({ name }) => name === '__Host-tasklane-session')
  expect(cookie).toMatchObject({ httpOnly: true, secure: true, path: '/' })
  const token = cookie?.value.split('.').slice(1).join('.') ?? ''
  expect(token.length).toBeGreaterThan(40)
  await page.reload()
  await page.getByRole('heading', { name: 'Tasks' }).waitFor()
  const renewed = (await context.cookies()).find(({ name }) => name === '__Host-tasklane-session')
  expect(renewed?.value).not.toBe(cookie?.value)
  const held = await page.evaluate(
    () => document.cookie + JSON.stringify(localStorage) + document.documentElement.outerHTML,
  )
  expect(held).not.toContain(renewed?.value.split('.').slice(1).join('.'))
  expect(held).not.toContain('__Host-')
})

it('survives fifty refreshes that are forced at once in three windows', async () => {
  const context = await openBrowser()
  const first = await signUp(context)
  await addTask(first, 'Still here')
  const windows = [first, await openWindow(context), await openWindow(context)]
  for (const page of windows) await row(page, 'Still here').waitFor()
  const [cookie] = (await context.cookies()).filter(({ name }) => name === '__Host-tasklane-session')
  const userId = cookie?.value.split('.')[0] ?? ''

  const statuses = await Promise.all(windows.map((page) => page.evaluate(refreshSeventeenTimes, userId)))
  expect(statuses.flat().filter((status) => status !== 200)).toEqual([])
  expect(statuses.flat()).toHaveLength(51)

  // Now every window's own token is refused too, and the first to notice has to get another one for all.
  for (const page of windows) {
    const renewed = context.waitForEvent('response', (answer) => answer.url().endsWith('/trpc/auth.refresh'))
    await page.evaluate(refuseTokens, userId)
    await addTask(page, `Written by ${windows.indexOf(page)}`)
    await row(first, `Written by ${windows.indexOf(page)}`).waitFor()
    expect((await renewed).status()).toBe(200)
    await page.waitForFunction(() => document.documentElement.dataset['isRenewed'] === 'yes')
    await isSaved(page)
  }
  for (const page of windows) {
    await page.reload()
    await row(page, 'Written by 2').waitFor()
  }
})

function refreshSeventeenTimes(userId: string): Promise<number[]> {
  const init = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ json: { refreshToken: `cookie.${userId}.forced` } }),
  }
  return Promise.all(Array.from({ length: 17 }, async () => (await fetch('/trpc/auth.refresh', init)).status))
}

/** Tells every window, as another one would, of a session whose access token is no good, and marks the page when it hears of one that is. */
function refuseTokens(userId: string): void {
  const channel = new BroadcastChannel('tasklane.session')
  const session = { userId, accessToken: 'no.good', refreshToken: `cookie.${userId}.told` }
  const { dataset } = document.documentElement
  delete dataset['isRenewed']
  channel.onmessage = ({ data }) => {
    if (!data.session || data.session.accessToken === 'no.good') return
    dataset['isRenewed'] = 'yes'
    channel.close()
  }
  channel.postMessage({ userId, session, at: Date.now() })
}
