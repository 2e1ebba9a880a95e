import type { Page } from 'playwright-core'
import { afterEach, expect, it } from 'vitest'
import {
  faults,
  inChromium,
  isSaved,
  newEmail,
  openBrowser,
  openWindow,
  password,
  row,
  titles,
} from './browser.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

/** Presses Tab until something with this name has the focus. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses += 1) {
    await page.keyboard.press('Tab')
    const focused = await page.evaluate(() => {
      const { activeElement } = document
      const label =
        activeElement instanceof HTMLInputElement ? activeElement.labels?.[0]?.textContent : undefined
      return label ?? activeElement?.getAttribute('aria-label') ?? activeElement?.textContent ?? ''
    })
    if (focused.includes(name)) return
  }
  throw new Error(`Tab does not reach “${name}”`)
}

it('does everything that matters by the keyboard alone', async () => {
  const page = await openWindow(await openBrowser(), '/sign-in')
  const { keyboard } = page
  await tabTo(page, 'Create an account')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Create an account' }).waitFor()
  await tabTo(page, 'Email')
  await keyboard.type(newEmail())
  await tabTo(page, 'Password')
  await keyboard.type(password)
  await keyboard.press('Enter')
  await page.getByText('Nothing to do').waitFor()

  await keyboard.press('n')
  for (const line of ['First #home', 'Second !high', 'Third @tomorrow']) {
    await keyboard.type(line)
    await keyboard.press('Enter')
  }
  await row(page, 'Third').waitFor()
  await isSaved(page)
  await keyboard.press('Escape')
  expect(await titles(page)).toEqual(['Third', 'Second', 'First'])

  await keyboard.press('j')
  await keyboard.press('j')
  await keyboard.press('e')
  await page.getByLabel('Title').waitFor()
  await keyboard.press('End')
  await keyboard.type(', edited')
  await keyboard.press('Enter')
  await row(page, 'Second, edited').waitFor()
  await keyboard.press('k')
  await keyboard.press(' ')
  await row(page, 'Third').waitFor({ state: 'detached' })
  await keyboard.press('x')
  await keyboard.press('j')
  await keyboard.press('x')
  await page.getByRole('toolbar', { name: 'Selected tasks' }).getByText('2 selected').waitFor()
  await keyboard.press('Escape')
  await page.getByRole('toolbar').waitFor({ state: 'detached' })
  await keyboard.press('#')
  await row(page, 'First').waitFor({ state: 'detached' })
  await row(page, 'Second, edited').and(page.locator(':focus')).waitFor()

  await keyboard.press('?')
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  await keyboard.press('Escape')
  await page.getByRole('dialog', { name: 'Keyboard' }).waitFor({ state: 'detached' })
  await keyboard.press('/')
  await keyboard.type('edited')
  await page.waitForURL(/q=edited/)
  await keyboard.press('Escape')
  await page.waitForURL((url) => url.search === '')
  await keyboard.press('4')
  await row(page, 'Third').waitFor()
  await keyboard.press('5')
  await row(page, 'First').waitFor()

  await tabTo(page, 'Sign out')
  await keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Sign in' }).waitFor()
})
