import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core'
import { afterAll, beforeAll, inject, onTestFinished } from 'vitest'

const flags = [
  ...['--disable-gpu', '--disable-background-networking', '--disable-component-update'],
  ...['--disable-sync', '--no-first-run'],
]

let browser: Browser | undefined

/** One browser for the tests of a file: the system's Chromium, or that of `CHROMIUM_PATH`. */
export function inChromium(): void {
  beforeAll(async () => {
    const isRoot = process.getuid?.() === 0
    browser = await chromium.launch({
      executablePath: process.env['CHROMIUM_PATH'] || '/usr/bin/chromium',
      args: isRoot ? ['--no-sandbox', ...flags] : flags,
    })
  })
  afterAll(() => browser?.close())
}

/** A browser of one user, whose windows share what it keeps. Closed with the test. */
export async function openBrowser(options: BrowserContextOptions = {}): Promise<BrowserContext> {
  if (!browser) throw new Error('inChromium() was not called')
  const context = await browser.newContext({ baseURL: inject('appUrl'), reducedMotion: 'reduce', ...options })
  context.setDefaultTimeout(10_000)
  onTestFinished(() => context.close())
  return context
}

export const password = 'Seven-Kettles-1'
let users = 0

export function newEmail(): string {
  users += 1
  return `ada-${Date.now()}-${users}@example.com`
}

/** A window of a new user, at the tasks. */
export async function signUp(context: BrowserContext, email = newEmail()): Promise<Page> {
  const page = await context.newPage()
  watchFaults(page)
  await page.goto('/sign-up')
  await isAlive(page)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Create account' }).click()
  await page.getByRole('heading', { name: 'Tasks' }).waitFor()
  return page
}

/** Signs in at the sign-in, where the page is. */
export async function signIn(page: Page, email: string, secret = password): Promise<void> {
  await isAlive(page)
  await page.getByLabel('Email or username').fill(email)
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

/** Another window of the same browser, at the tasks. */
export async function openWindow(context: BrowserContext, address = '/'): Promise<Page> {
  const page = await context.newPage()
  watchFaults(page)
  await page.goto(address)
  await isAlive(page)
  return page
}

/** What a page complained of that no test expects. */
export const faults: string[] = []

function watchFaults(page: Page): void {
  page.on('pageerror', (error) => faults.push(`${error.name}: ${error.message}`))
  page.on('console', (message) => {
    const isRefusal = /Failed to load resource/.test(message.text())
    if (message.type() === 'error' && !isRefusal) faults.push(message.text())
  })
}

/** Waits until the page answers to what is done. Rendered it is before. */
export async function isAlive(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const content = document.querySelector('main')
    return content !== null && Object.keys(content).some((key) => key.startsWith('__reactFiber'))
  })
}

export const row = (page: Page, title: string) => page.getByRole('row').filter({ hasText: title })

export async function addTask(page: Page, line: string): Promise<void> {
  const input = page.getByLabel('New task')
  await input.fill(line)
  await input.press('Enter')
}

/** The titles in the list, from top to bottom. */
export async function titles(page: Page): Promise<string[]> {
  return await page
    .getByRole('row')
    .evaluateAll((rows) =>
      rows.map(
        (each) => each.querySelector('[role=gridcell]:nth-child(2) > :first-child')?.textContent ?? '',
      ),
    )
}

/** Waits until the server has all that was done in the page. */
export async function isSaved(page: Page): Promise<void> {
  await page.getByText('Not saved yet').first().waitFor({ state: 'detached' })
}
