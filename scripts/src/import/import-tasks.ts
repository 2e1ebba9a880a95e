import { type ClientOptions, createClient, type TasklaneClient } from '@tasklane/client'
import { checkRows } from './check-rows.ts'
import { type Import, importRows, type Tally } from './import-rows.ts'
import { type Sender, sendRows } from './send-rows.ts'
import { type Account, signIn } from './sign-in.ts'

export interface TaskImport extends Pick<Import, 'rows' | 'onProgress'>, Pick<Sender, 'waitSeconds'> {
  server: Pick<ClientOptions, 'url' | 'fetch'>
  account: Account
}

export interface ImportResult extends Tally {
  /** How many of the stored rows are new. Absent when others wrote to the account meanwhile. */
  added?: number
}

/**
 * Signs in, sends the rows and signs out. Rows of an earlier import are not added again.
 *
 * @throws CommandError when the server does not let the account in.
 */
export async function importTasks({
  server,
  account,
  waitSeconds,
  ...work
}: TaskImport): Promise<ImportResult> {
  const client = createClient(server)
  await signIn(client, account)
  try {
    const before = await countTasks(client)
    const tally = await importRows({ ...work, send: (rows) => sendRows({ client, waitSeconds }, rows) })
    const after = await countTasks(client)
    const added = before === undefined || after === undefined ? -1 : after - before
    return { ...tally, ...(added >= 0 && added <= tally.stored && { added }) }
  } finally {
    await client.auth.logOut.mutate().catch(() => undefined)
  }
}

/** What an import would be refused, without a server. */
export async function checkTasks(work: Pick<Import, 'rows' | 'onProgress'>): Promise<Tally> {
  return await importRows({ ...work, send: checkRows })
}

/** `undefined` when the server does not tell: that is no reason to stop. */
async function countTasks(client: TasklaneClient): Promise<number | undefined> {
  return await client.tasks.list.query({ limit: 1 }).then(
    ({ total }) => total,
    () => undefined,
  )
}
