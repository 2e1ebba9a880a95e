import type { Page } from 'playwright-core'
import { afterEach, expect, it, vi } from 'vitest'
import {
  addTask,
  faults,
  inChromium,
  isSaved,
  newEmail,
  openBrowser,
  openWindow,
  row,
  signUp,
  titles,
} from './browser.ts'
import { clientOf, createTasks } from './server-client.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

const lines = ['Apples #home !low', 'Bread #home #shop !urgent', 'Cheese #shop @today', 'Dates @2030-01-01']

async function openList(email = newEmail()): Promise<Page> {
  const page = await signUp(await openBrowser(), email)
  for (const line of lines) await addTask(page, line)
  await row(page, 'Dates').waitFor()
  await isSaved(page)
  return page
}

/** Waits until the list shows these, from top to bottom. */
const shows = (page: Page, expected: string[]) =>
  vi.waitFor(async () => expect(await titles(page)).toEqual(expected), { timeout: 5000, interval: 50 })

const select = (page: Page, title: string) =>
  row(page, title)
    .getByRole('checkbox', { name: /^Select/ })
    .check()

it('filters, sorts and searches, and an address says how', async () => {
  const page = await openList()
  await shows(page, ['Dates', 'Cheese', 'Bread', 'Apples'])
  await row(page, 'Bread').getByRole('button', { name: 'Show tasks with the tag home' }).click()
  await shows(page, ['Bread', 'Apples'])
  await page.getByLabel('Priority', { exact: true }).selectOption('low')
  await shows(page, ['Apples'])
  const same = await openWindow(page.context(), page.url())
  await shows(same, ['Apples'])
  await page.getByLabel('Priority', { exact: true }).selectOption('')
  await page.getByRole('button', { name: /^Show every tag/ }).click()
  await page.getByLabel('Order').selectOption('title')
  await shows(page, ['Apples', 'Bread', 'Cheese', 'Dates'])
  await page.getByLabel('Order').selectOption('dueDate')
  await vi.waitFor(async () => expect((await titles(page)).slice(0, 2)).toEqual(['Cheese', 'Dates']))
  await page.getByLabel('Search').fill('bread')
  await shows(page, ['Bread'])
  await page.getByLabel('Search').fill('')
  await page.getByRole('link', { name: 'Today' }).click()
  await shows(page, ['Cheese'])
  await page.getByRole('link', { name: 'Upcoming' }).click()
  await shows(page, ['Dates'])
})

it('keeps both of two changes that come before either is shown', async () => {
  const page = await openList()
  await row(page, 'Bread')
    .getByRole('button', { name: 'Show tasks with the tag home' })
    .evaluate((tag: HTMLElement) => {
      tag.click()
      document.dispatchEvent(new KeyboardEvent('keydown', { key: '3' }))
    })
  await page.getByRole('heading', { name: 'Upcoming' }).waitFor()
  expect(new URL(page.url()).search).toBe('?view=upcoming&tag=home')
  await page.getByText('Nothing found').waitFor()
})

it('changes many tasks at once, and takes that back', async () => {
  const page = await openList()
  await select(page, 'Apples')
  await select(page, 'Cheese')
  const bar = page.getByRole('toolbar', { name: 'Selected tasks' })
  await bar.getByRole('button', { name: 'Complete' }).click()
  await shows(page, ['Dates', 'Bread'])
  await page.getByText('Completed: 2 tasks').waitFor()
  await page.getByRole('button', { name: 'Undo' }).click()
  await shows(page, ['Dates', 'Cheese', 'Bread', 'Apples'])

  await select(page, 'Apples')
  await select(page, 'Bread')
  await bar.getByRole('button', { name: 'Priority' }).click()
  await page.getByRole('menuitem', { name: 'high' }).click()
  await bar.waitFor({ state: 'detached' })
  await page.getByLabel('Priority', { exact: true }).selectOption('high')
  await shows(page, ['Bread', 'Apples'])

  for (const title of ['Apples', 'Bread']) await select(page, title)
  await bar.getByRole('button', { name: 'Delete' }).click()
  await page.getByText('Nothing found').waitFor()
  await page.getByRole('link', { name: 'Trash' }).click()
  await vi.waitFor(async () => expect((await titles(page)).sort()).toEqual(['Apples', 'Bread']))
  for (const title of ['Apples', 'Bread']) await select(page, title)
  await bar.getByRole('button', { name: 'Restore' }).click()
  await page.getByText('The trash is empty').waitFor()
  await page.getByRole('link', { name: 'Tasks' }).click()
  await shows(page, ['Dates', 'Cheese', 'Bread', 'Apples'])
})

it('gives an edit back that the server refuses, with the reason', async () => {
  const page = await openList()
  await row(page, 'Apples').getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Title', { exact: true }).fill('Apples and pears')
  await page.getByLabel('Tags', { exact: true }).fill('x'.repeat(60))
  await page.getByRole('button', { name: 'Save' }).click()
  await page
    .getByText(/^“Apples” is not saved\. tags 0/)
    .first()
    .waitFor()
  expect(await page.getByLabel('Title', { exact: true }).inputValue()).toBe('Apples and pears')
  expect(await page.getByLabel('Tags', { exact: true }).inputValue()).toBe('x'.repeat(60))
  await page.getByLabel('Tags', { exact: true }).fill('fruit')
  await page.getByRole('button', { name: 'Save' }).click()
  await row(page, 'Apples and pears').getByText('fruit').waitFor()
  await page.reload()
  await row(page, 'Apples and pears').getByText('fruit').waitFor()
})

it('gives an edit back that is refused for no fault of its own', async () => {
  const page = await openList()
  const outdated = '**/trpc/tasks.update*'
  // The server refuses a page that is older than it supports.
  await page.route(outdated, (route) =>
    route.continue({ headers: { ...route.request().headers(), 'tasklane-contract': '0' } }),
  )
  await row(page, 'Apples').getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Title', { exact: true }).fill('Apples and pears')
  await page.getByRole('button', { name: 'Save' }).click()
  await page
    .getByText(/^“Apples” is not saved\. .*reload/i)
    .first()
    .waitFor()
  expect(await page.getByLabel('Title', { exact: true }).inputValue()).toBe('Apples and pears')
  await page.unroute(outdated)
  await page.getByRole('button', { name: 'Save' }).click()
  await row(page, 'Apples and pears').waitFor()
})

it('keeps what is typed while its editor is out of sight, until it is saved or given up', async () => {
  const email = newEmail()
  const page = await openList(email)
  const edit = (title: string) => row(page, title).getByRole('button', { name: 'Edit' }).click()
  const title = page.getByLabel('Title', { exact: true })
  await edit('Apples')
  await title.fill('Apples and pears')
  await edit('Bread')
  await row(page, 'Apples').getByText('Not saved yet').waitFor()
  await title.fill('Bread rolls')
  await page.keyboard.press('Escape')
  await edit('Bread')
  expect(await title.inputValue()).toBe('Bread')
  await edit('Apples')
  expect(await title.inputValue()).toBe('Apples and pears')

  const { tasks } = await clientOf(email)
  const { tasks: found } = await tasks.list.query({ search: 'Apples' })
  await tasks.complete.mutate({ id: found[0]?.id ?? '' })
  await page.getByText('What you edit is not in this list any more').first().waitFor()
  await page.getByRole('link', { name: 'Done' }).click()
  await edit('Apples')
  expect(await title.inputValue()).toBe('Apples and pears')
  await title.press('Enter')
  await page.getByRole('alertdialog').getByRole('button', { name: 'Keep mine' }).click()
  await row(page, 'Apples and pears').waitFor()
  await isSaved(page)
  expect(await tasks.get.query({ id: found[0]?.id ?? '' })).toMatchObject({
    title: 'Apples and pears',
    completed: true,
  })
})

it('asks once for a page that is refused, and again when that is wished', async () => {
  const email = newEmail()
  const page = await signUp(await openBrowser(), email)
  await createTasks(email, 70)
  await page.reload()
  await row(page, 'Task number 0070').waitFor()
  let asked = 0
  await page.route('**/trpc/tasks.list*', async (route) => {
    asked += 1
    await route.continue({ headers: { ...route.request().headers(), 'tasklane-contract': '0' } })
  })
  await page.keyboard.press('End')
  const failure = page.getByRole('alert').filter({ hasText: 'The tasks could not be loaded' })
  await failure.waitFor()
  await page.waitForTimeout(1000)
  expect(asked).toBe(1)
  await page.unroute('**/trpc/tasks.list*')
  await failure.getByRole('button', { name: 'Try again' }).click()
  await row(page, 'Task number 0020').waitFor()
})
