import { createClient, memoryStore, type Session, type TasklaneClient } from '@tasklane/client'
import type { AppOptions } from '@tasklane/client/next'
import { readEnv } from './env.ts'
import { readCaller } from './server/caller.ts'

const { tasklaneUrl } = readEnv()

/** The Tasklane server behind this app. */
export const appOptions: AppOptions = {
  url: tasklaneUrl,
  addressOf: ({ headers }) => readCaller(headers),
}

/** The typed client, for rendering a page for whoever has asked for it. */
export async function clientOf(session: Session, headers: Pick<Headers, 'get'>): Promise<TasklaneClient> {
  const store = memoryStore()
  await store.set(session)
  const address = readCaller(headers)
  return createClient({
    url: tasklaneUrl,
    session: store,
    headers: address === undefined ? {} : { 'x-forwarded-for': address },
  })
}
