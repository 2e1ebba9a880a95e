import { readFile } from 'node:fs/promises'
import { inject, vi } from 'vitest'

/** The address, without the host, of the newest link that the server has mailed to somebody. Without a mail server it prints them. */
export async function mailedLink(email: string, page: string): Promise<string> {
  return await vi.waitFor(
    async () => {
      const printed = await readFile(inject('serverLog'), 'utf8')
      const newest = printed.slice(printed.lastIndexOf(`To: ${email}`))
      const [link] = newest.match(new RegExp(`/${page}#token=\\S+`)) ?? []
      if (!printed.includes(`To: ${email}`) || !link) throw new Error(`No mail to ${email} with ${page}`)
      return link
    },
    { timeout: 10_000, interval: 100 },
  )
}
