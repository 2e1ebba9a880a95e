import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterEach, expect, inject, it } from 'vitest'
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
import { mailedLink } from './mails.ts'

inChromium()
afterEach(() => expect(faults.splice(0)).toEqual([]))

const newPassword = 'Nine-Kettles-2'

async function openAccount(page: Page): Promise<void> {
  await page.goto('/account')
  await isAlive(page)
  await page.getByText('This one').waitFor()
}

const part = (page: Page, name: string) => page.getByRole('region', { name, exact: true })

it('changes the password: the old one is refused, and other browsers are signed out', async () => {
  const email = newEmail()
  const page = await signUp(await openBrowser(), email)
  const other = await openWindow(await openBrowser(), '/sign-in')
  await signIn(other, email, password)
  await other.getByRole('heading', { name: 'Tasks' }).waitFor()
  await openAccount(page)
  const section = part(page, 'Password')
  await section.getByLabel('Current password').fill('Not-My-Password-1')
  await section.getByLabel('New password').fill(newPassword)
  await section.getByRole('button', { name: 'Change the password' }).click()
  await section.getByText(/password is wrong|not the current/i).waitFor()
  await section.getByLabel('Current password').fill(password)
  await section.getByRole('button', { name: 'Change the password' }).click()
  await other.getByText('You were signed out').waitFor()
  await signIn(other, email, password)
  await other.getByText(/username or the password is wrong|not right|wrong/i).waitFor()
  await other.getByLabel('Password').fill(newPassword)
  await other.getByRole('button', { name: 'Sign in' }).click()
  await other.getByRole('heading', { name: 'Tasks' }).waitFor()
  await page.goto('/')
  await page.getByRole('heading', { name: 'Tasks' }).waitFor()
})

it('sets a forgotten password by the link that is mailed', async () => {
  const email = newEmail()
  await signUp(await openBrowser(), email)
  const page = await openWindow(await openBrowser(), '/forgot-password')
  await page.getByLabel('Email').fill(email)
  await page.getByRole('button', { name: 'Send a link' }).click()
  const link = await mailedLink(email, 'reset-password')
  await page.goto(link)
  await isAlive(page)
  await page.waitForURL(({ href }) => !href.includes('token'))
  await page.getByLabel('New password').fill(newPassword)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await page.getByText('Your password is set').waitFor()
  await signIn(page, email, newPassword)
  await page.getByRole('heading', { name: 'Tasks' }).waitFor()
})

it('takes another email once the link that is mailed there is used', async () => {
  const [email, next] = [newEmail(), newEmail()]
  const page = await signUp(await openBrowser(), email)
  await openAccount(page)
  const section = part(page, 'Email')
  await section.getByText('Not confirmed').waitFor()
  await section.getByLabel('New email').fill(next)
  await section.getByLabel('Your password').fill(password)
  await section.getByRole('button', { name: 'Change the email' }).click()
  const link = await mailedLink(next, 'verify-email')
  await section.getByText(email).waitFor()
  await page.goto(link)
  await isAlive(page)
  await page.getByRole('button', { name: 'Confirm the address' }).click()
  await page.getByRole('button', { name: 'Confirm the address' }).waitFor({ state: 'detached' })
  await openAccount(page)
  await part(page, 'Email').getByText(next).waitFor()
  await part(page, 'Email').getByText('Confirmed', { exact: true }).waitFor()
})

it('makes an API token that is shown once, works, and is of no use when it is revoked', async () => {
  const page = await signUp(await openBrowser())
  await addTask(page, 'Seen by a script')
  await row(page, 'Seen by a script').waitFor()
  await openAccount(page)
  const section = part(page, 'API tokens')
  await section.getByLabel('Name of the token').fill('Backup')
  await section.getByRole('button', { name: 'Create a token' }).click()
  const secret = (await section.locator('code').textContent()) ?? ''
  const status = async () => {
    const answer = await fetch(`${inject('serverUrl')}/api/tasks`, {
      headers: { authorization: `Bearer ${secret}` },
    })
    return [answer.status, (await answer.text()).includes('Seen by a script')]
  }
  expect(await status()).toEqual([200, true])
  await section.getByRole('button', { name: 'I have it' }).click()
  expect(await page.content()).not.toContain(secret)
  await section.getByText('Reads', { exact: true }).waitFor()
  await section.getByRole('button', { name: 'Revoke Backup' }).click()
  await page.getByText('That token is of no use any more').waitFor()
  await section.getByRole('button', { name: 'Revoke Backup' }).waitFor({ state: 'detached' })
  expect(await status()).toEqual([401, false])
})

it('saves everything of the account as a file', async () => {
  const email = newEmail()
  const page = await signUp(await openBrowser(), email)
  for (const title of ['One', 'Two']) await addTask(page, title)
  await row(page, 'Two').waitFor()
  await isSaved(page)
  await openAccount(page)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download it' }).click(),
  ])
  expect(download.suggestedFilename()).toBe('tasklane.json')
  const saved = JSON.parse(await readFile(await download.path(), 'utf8'))
  expect(saved.account.user).toMatchObject({ email })
  expect(saved.tasks.map(({ title }: { title: string }) => title).sort()).toEqual(['One', 'Two'])
})

it('deletes the account when its password is given, and nobody can sign in to it again', async () => {
  const email = newEmail()
  const page = await signUp(await openBrowser(), email)
  await openAccount(page)
  await page.getByRole('button', { name: 'Delete the account…' }).click()
  await page.getByLabel('Your password, to be sure').fill('Not-My-Password-1')
  await page.getByRole('button', { name: 'Delete everything' }).click()
  await page.getByLabel('Your password, to be sure').and(page.locator('[aria-invalid=true]')).waitFor()
  await page.getByLabel('Your password, to be sure').fill(password)
  await page.getByRole('button', { name: 'Delete everything' }).click()
  await page.getByText('Your account is deleted').waitFor()
  await signIn(page, email, password)
  await page.getByRole('main').getByRole('alert').waitFor()
  expect(await page.getByRole('heading', { name: 'Sign in' }).count()).toBe(1)
})

it('says at the form that the server cannot be reached, and what is wrong at the field', async () => {
  const page = await signUp(await openBrowser())
  await openAccount(page)
  const profile = part(page, 'Profile')
  await page.route('**/trpc/auth.updateProfile*', (route) => route.abort())
  await profile.getByLabel('Username').fill('x')
  await profile.getByRole('button', { name: 'Save' }).click()
  await profile.getByText('The server cannot be reached. Try again in a moment.').waitFor()
  await page.unroute('**/trpc/auth.updateProfile*')
  await profile.getByRole('button', { name: 'Save' }).click()
  await profile.getByText('The server cannot be reached.').waitFor({ state: 'detached' })
  const username = profile.getByLabel('Username')
  await page.waitForFunction(() => document.activeElement?.getAttribute('name') === 'username')
  expect(await username.getAttribute('aria-invalid')).toBe('true')
})
