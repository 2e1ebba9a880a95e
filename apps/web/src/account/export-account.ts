import type { TasklaneClient, TasklaneOutputs } from '@tasklane/client'

type Exported = TasklaneOutputs['auth']['exportData']

/** Saves everything that is stored of the account as one file. */
export async function exportAccount(client: TasklaneClient): Promise<void> {
  const tasks: Exported['tasks'] = []
  let account: Exported['account']
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await client.auth.exportData.query(cursor === undefined ? {} : { cursor })
    account ??= page.account
    tasks.push(...page.tasks)
    cursor = page.nextCursor
  }
  const file = new Blob([JSON.stringify({ account, tasks }, null, 2)], { type: 'application/json' })
  const link = document.createElement('a')
  link.href = URL.createObjectURL(file)
  link.download = 'tasklane.json'
  link.click()
  URL.revokeObjectURL(link.href)
}
