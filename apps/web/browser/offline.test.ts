import type { BrowserContext } from 'playwright-core'
import { afterEach, expect, it } from 'vitest'
import {
  addTask,
  faults,
  inChromium,
  isSaved,
  openBrowser,
  openWindow,
  row,
  signUp,
  titles,
} from './browser.ts'

inChromium()
afterEach(() =>
  expect(faults.splice(0).filter((fault) => !/ERR_INTERNET_DISCONNECTED/.test(fault))).toEqual([]),
)

/** Waits for what is loaded once the page rests. */
const codeWith = (context: BrowserContext, text: string) =>
  context.waitForEvent('response', {
    timeout: 30_000,
    predicate: async (answer) => answer.url().endsWith('.js') && (await answer.text()).includes(text),
  })

it('goes on while offline, and loses nothing when it is back', async () => {
  const context = await openBrowser()
  const editor = codeWith(context, 'The notes cannot be loaded now.')
  const page = await signUp(context)
  for (const title of ['Keep', 'Change', 'Finish', 'Drop']) await addTask(page, title)
  await row(page, 'Drop').waitFor()
  const elsewhere = await openBrowser({ storageState: await context.storageState() })
  const other = await openWindow(elsewhere)
  await row(other, 'Keep').waitFor()

  await editor
  await context.setOffline(true)
  await page.getByText('You are offline.').waitFor()
  await addTask(page, 'Made offline #away')
  await row(page, 'Change').getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Title').fill('Changed offline')
  await page.getByLabel('Title').press('Enter')
  await row(page, 'Finish').getByRole('checkbox', { name: /^Done/ }).click()
  await row(page, 'Drop').getByRole('button', { name: 'Delete' }).click()
  await page.getByText('(4 tasks so far)').waitFor()
  for (const title of ['Finish', 'Drop']) await row(page, title).waitFor({ state: 'detached' })
  expect((await titles(page)).sort()).toEqual(['Changed offline', 'Keep', 'Made offline'])
  await addTask(other, 'Made elsewhere')
  await row(other, 'Made elsewhere').waitFor()
  expect(await row(other, 'Made offline').count()).toBe(0)

  await context.setOffline(false)
  await page.getByText('You are offline.').waitFor({ state: 'detached' })
  for (const each of [page, other]) {
    for (const title of ['Made offline', 'Changed offline', 'Made elsewhere'])
      await row(each, title).waitFor()
    for (const title of ['Finish', 'Drop']) await row(each, title).waitFor({ state: 'detached' })
    expect((await titles(each)).sort()).toEqual(['Changed offline', 'Keep', 'Made elsewhere', 'Made offline'])
  }
  await isSaved(page)
  await page.reload()
  await row(page, 'Made offline').waitFor()
  expect((await titles(page)).sort()).toEqual(['Changed offline', 'Keep', 'Made elsewhere', 'Made offline'])
})

it('counts what many tasks wait for, asks before it is lost, and sends it when it is back', async () => {
  const context = await openBrowser()
  const notifications = codeWith(context, 'Undo')
  const page = await signUp(context)
  for (const title of ['One', 'Two', 'Three']) await addTask(page, title)
  await row(page, 'Three').waitFor()
  await isSaved(page)
  for (const title of ['One', 'Two'])
    await row(page, title)
      .getByRole('checkbox', { name: /^Select/ })
      .check()
  const complete = page
    .getByRole('toolbar', { name: 'Selected tasks' })
    .getByRole('button', { name: 'Complete' })
  await complete.waitFor()
  await notifications
  await context.setOffline(true)
  await page.getByText('You are offline.').waitFor()
  await complete.click()
  await page.getByText('(2 tasks so far)').waitFor()
  await page.getByRole('button', { name: 'Sign out', exact: true }).click()
  await page.getByText('Sign out once more to lose them').first().waitFor()
  const asked = page.waitForEvent('dialog')
  await page.close({ runBeforeUnload: true })
  await (await asked).dismiss()

  await context.setOffline(false)
  await page.getByText('Completed: 2 tasks').waitFor()
  for (const title of ['One', 'Two']) await row(page, title).waitFor({ state: 'detached' })
})

it('says that nothing comes in any more when the server will tell no more', async () => {
  const page = await signUp(await openBrowser())
  await page.route('**/trpc/tasks.onChange*', (route) => route.fulfill({ status: 404 }))
  await page.reload()
  await page.getByText('What is changed elsewhere does not come in any more. Reload the page.').waitFor()
})
