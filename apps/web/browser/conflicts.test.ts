import type { Page } from 'playwright-core'
import { afterEach, expect, it } from 'vitest'
import { addTask, faults, inChromium, openBrowser, openWindow, row, signUp } from './browser.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

async function editTitle(page: Page, from: string, to: string): Promise<void> {
  await row(page, from).getByRole('button', { name: 'Edit' }).click()
  await page.getByLabel('Title').fill(to)
}

/** Two windows in which the same title was edited, of which the first was faster. */
async function openConflict() {
  const context = await openBrowser()
  const [first, second] = [await signUp(context), await openWindow(context)]
  await addTask(first, 'Draft')
  await row(second, 'Draft').waitFor()
  await editTitle(second, 'Draft', 'Mine')
  await editTitle(first, 'Draft', 'Theirs')
  await first.getByLabel('Title').press('Enter')
  await second.getByText('Somebody has changed this task meanwhile.').waitFor()
  await second.getByLabel('Title').press('Enter')
  const dialog = second.getByRole('alertdialog', { name: 'This task was changed elsewhere' })
  await dialog.waitFor()
  expect(await dialog.getByRole('row', { name: /Title/ }).getByRole('cell').allTextContents()).toEqual([
    'Mine',
    'Theirs',
  ])
  return { first, second, dialog }
}

it('shows both when two windows edit the same task, and keeps mine when that is chosen', async () => {
  const { first, second, dialog } = await openConflict()
  // It stays until one is chosen: nothing is taken for a choice.
  await second.keyboard.press('Escape')
  await second.mouse.click(5, 5)
  await dialog.getByRole('button', { name: 'Keep mine' }).click()
  await dialog.waitFor({ state: 'detached' })
  for (const page of [first, second]) await row(page, 'Mine').waitFor()
})

it('takes theirs when that is chosen, and says nothing more of it', async () => {
  const { first, second, dialog } = await openConflict()
  await dialog.getByRole('button', { name: 'Take theirs' }).click()
  await dialog.waitFor({ state: 'detached' })
  for (const page of [first, second]) await row(page, 'Theirs').waitFor()
  expect(await row(second, 'Mine').count()).toBe(0)
})
