import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Page } from 'playwright-core'
import { afterEach, beforeAll, expect, it } from 'vitest'
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
} from './browser.ts'
import { clientOf } from './server-client.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

/** Where the pictures go: with `PICTURES=1` into the README. */
const folder = process.env['PICTURES']
  ? fileURLToPath(new URL('../../../docs/pictures', import.meta.url))
  : join(tmpdir(), 'tasklane-pictures')

beforeAll(async () => void (await mkdir(folder, { recursive: true })))

const lines = [
  'Try the new bakery !low',
  'Water the plants #home @tomorrow',
  'Read “The Design of Everyday Things” #reading !medium',
  'Renew the passport before the summer #travel @2026-01-20',
  'Draft the talk for the reading group #work #reading !high',
  'Book the train to Lisbon #travel !urgent @today',
]

async function fill(page: Page): Promise<void> {
  for (const line of lines) await addTask(page, line)
  await row(page, 'Book the train').waitFor()
  await isSaved(page)
  await page.mouse.move(0, 0)
}

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate(() => document.fonts.ready)
  const picture = await page.screenshot({ path: join(folder, `${name}.png`) })
  expect(picture.length).toBeGreaterThan(10_000)
}

it('looks as the README shows it', async () => {
  const email = newEmail()
  const page = await signUp(
    await openBrowser({ viewport: { width: 1120, height: 640 }, deviceScaleFactor: 1.5 }),
    email,
  )
  const { auth } = await clientOf(email)
  await auth.updateProfile.mutate({ name: 'Ada' })
  await fill(page)
  await page.reload()
  await row(page, 'Book the train').waitFor()
  await page.getByRole('link', { name: 'Ada' }).waitFor()
  await take(page, 'tasks')
})

it('looks as the README shows it on a phone, and in a conflict', async () => {
  const context = await openBrowser({
    ...{ viewport: { width: 390, height: 720 }, deviceScaleFactor: 1.5 },
    ...{ colorScheme: 'dark' as const, isMobile: true, hasTouch: true },
  })
  const email = newEmail()
  const page = await signUp(context, email)
  const { auth } = await clientOf(email)
  await auth.updateProfile.mutate({ name: 'Ada' })
  await fill(page)
  await page.reload()
  await row(page, 'Book the train').waitFor()
  await page.getByRole('link', { name: 'Ada' }).waitFor()
  await take(page, 'phone')

  const other = await openWindow(context)
  for (const [window, title] of [
    [page, 'Book the night train to Lisbon'],
    [other, 'Book the train to Porto'],
  ] as const) {
    await window.getByRole('button', { name: 'Book the train to Lisbon', exact: true }).click()
    await window.getByLabel('Title').fill(title)
  }
  await other.getByLabel('Title').press('Enter')
  await page.getByText('Somebody has changed this task meanwhile.').waitFor()
  await page.getByLabel('Title').press('Enter')
  await page.getByRole('alertdialog', { name: 'This task was changed elsewhere' }).waitFor()
  await take(page, 'conflict')
})
