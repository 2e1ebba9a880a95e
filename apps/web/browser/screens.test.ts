import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Page } from 'playwright-core'
import { afterEach, describe, expect, it } from 'vitest'
import {
  addTask,
  faults,
  inChromium,
  isAlive,
  newEmail,
  openBrowser,
  openWindow,
  row,
  signUp,
} from './browser.ts'
import { clientOf } from './server-client.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** What axe finds that keeps somebody from using the page. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const { violations: found } = await page.evaluate(() =>
    (window as unknown as { axe: { run(context: object): Promise<AxeResults> } }).axe.run({
      // They hand the focus on at once, and never keep it. axe cannot know: https://github.com/dequelabs/axe-core/issues/4832
      exclude: ['[data-base-ui-focus-guard]'],
    }),
  )
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`)
}

/** Every screen, as it is when there is something to see. */
const strangers: Record<string, (page: Page) => Promise<void>> = {
  'sign-in': async (page) => void (await page.goto('/sign-in?ended')),
  'sign-up': async (page) => void (await page.goto('/sign-up')),
  'sign-up, refused': async (page) => {
    await page.goto('/sign-up')
    await isAlive(page)
    await page.getByLabel('Email').fill('nobody')
    await page.getByLabel('Password').fill('short')
    await page.getByRole('button', { name: 'Create account' }).click()
    await page.getByText('Must be an email address').waitFor()
  },
  'forgot-password': async (page) => void (await page.goto('/forgot-password')),
  'reset-password': async (page) => void (await page.goto('/reset-password#token=abc')),
  'verify-email': async (page) => void (await page.goto('/verify-email#token=abc')),
  nowhere: async (page) => void (await page.goto('/nowhere')),
}

const members: Record<string, (page: Page) => Promise<void>> = {
  tasks: async (page) => await row(page, 'Water the plants').waitFor(),
  'tasks, selected': async (page) => {
    await row(page, 'Water the plants')
      .getByRole('checkbox', { name: /^Select/ })
      .check()
    await page.getByRole('toolbar').waitFor()
    await page.getByRole('button', { name: 'Due', exact: true }).click()
    await page.getByRole('menuitem', { name: 'Tomorrow' }).waitFor()
  },
  'a task, edited': async (page) => {
    await page.getByRole('button', { name: /^Renew the passport/ }).click()
    await page.getByLabel('Title').waitFor()
  },
  'a task, done': async (page) => {
    await row(page, 'Try the new bakery').getByRole('checkbox', { name: /^Done/ }).click()
    await page.getByRole('button', { name: 'Undo' }).waitFor()
  },
  help: async (page) => {
    await page.keyboard.press('?')
    await page.getByRole('dialog', { name: 'Keyboard' }).waitFor()
  },
  done: async (page) => {
    await page.goto('/?view=done')
    await row(page, 'Pay the rent').waitFor()
  },
  trash: async (page) => {
    await page.goto('/?view=trash')
    await row(page, 'Old idea').waitFor()
  },
  'an empty search': async (page) => {
    await page.goto('/?q=nothing-of-the-kind')
    await page.getByText('Nothing found').waitFor()
  },
  account: async (page) => {
    await page.goto('/account')
    await page.getByText('This one').waitFor()
    await page
      .getByText(/^(Sign up|Log in|Refresh)/)
      .first()
      .waitFor()
  },
}

const lines = [
  'Draft the talk for the reading group #work @monday',
  'Water the plants #home',
  'Renew the passport before the summer, and ask whether the photo of last year will do #travel !high @2026-01-20',
  'Read “The Design of Everyday Things” #reading !low',
  'Book the train to Lisbon #travel !urgent @today',
  'Try the new bakery !medium',
]

async function goHome(page: Page): Promise<void> {
  await page.goto('/')
  await isAlive(page)
}

async function openMember(email: string, options: object): Promise<Page> {
  const context = await openBrowser(options)
  const page = await signUp(context, email)
  for (const line of lines) await addTask(page, line)
  await row(page, 'Try the new bakery').waitFor()
  const { tasks } = await clientOf(email)
  await tasks.create.mutate({ title: 'Pay the rent', completed: true })
  const { id } = await tasks.create.mutate({ title: 'Old idea' })
  await tasks.delete.mutate({ id })
  return page
}

describe.each(['light', 'dark'] as const)('in %s colours', (colorScheme) => {
  it('no screen keeps anybody from using it, as far as axe can tell', async () => {
    const found: Record<string, string[]> = {}
    const visit = async (page: Page, screens: typeof members) => {
      for (const [name, show] of Object.entries(screens)) {
        await show(page)
        found[name] = await violations(page)
        if (screens === members) await goHome(page)
      }
    }
    await visit(await openWindow(await openBrowser({ colorScheme }), '/sign-in'), strangers)
    await visit(await openMember(newEmail(), { colorScheme }), members)
    expect(Object.fromEntries(Object.entries(found).filter(([, list]) => list.length > 0))).toEqual({})
    expect(Object.keys(found)).toHaveLength(Object.keys({ ...strangers, ...members }).length)
  }, 180_000)
})

it('no screen is wider than a small phone', async () => {
  const phone = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
  const wide: string[] = []
  const visit = async (page: Page, screens: typeof members) => {
    for (const [name, show] of Object.entries(screens)) {
      await show(page)
      const width = await page.evaluate(() => document.documentElement.scrollWidth)
      if (width > 360) wide.push(`${name}: ${width}`)
      if (screens === members) await goHome(page)
    }
  }
  await visit(await openWindow(await openBrowser(phone), '/sign-in'), strangers)
  await visit(await openMember(newEmail(), phone), members)
  expect(wide).toEqual([])
}, 180_000)
