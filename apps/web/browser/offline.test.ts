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

it('goes on while offline, and loses nothing when it is back', async () => {
  const context = await openBrowser()
  // The editor's code comes when the page rests.
  const editor = context.waitForEvent('response', async (answer) => {
    return answer.url().endsWith('.js') && (await answer.text()).includes('The notes cannot be loaded now.')
  })
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
    await row(each, 'Finish').waitFor({ state: 'detached' })
    expect((await titles(each)).sort()).toEqual(['Changed offline', 'Keep', 'Made elsewhere', 'Made offline'])
  }
  await isSaved(page)
  await page.reload()
  await row(page, 'Made offline').waitFor()
  expect((await titles(page)).sort()).toEqual(['Changed offline', 'Keep', 'Made elsewhere', 'Made offline'])
})
