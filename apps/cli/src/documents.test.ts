import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, it } from 'vitest'
import { runHere } from './fixtures/run-here.ts'
import { newUser, password } from './fixtures/user.ts'

const linesOf = (document: string) =>
  [...readFileSync(new URL(`../../../${document}`, import.meta.url), 'utf8').matchAll(/^```sh\n(.*?)^```/gms)]
    .flatMap(([, block = '']) => block.split('\n'))
    .filter((line) => line.startsWith('tasklane ') && !line.includes('completion'))

/** The words of a line, without its comment and without where its output goes. */
function wordsOf(line: string): string[] {
  const [command = ''] = line.replace('tasklane ', '').split(/ +#| [>|] /)
  return [...command.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')
}

it.each(['README.md', 'docs/cli.md'])('%s has commands that do what they say', async (document) => {
  const user = await newUser({ isSignedIn: false })
  const lines = linesOf(document)
  expect(lines.length).toBeGreaterThan(6)
  const variables = { TASKLANE_URL: inject('serverUrl') }
  const file = join(user.configFolder, 'tasks.jsonl')
  let id = ''
  for (const line of lines) {
    const words = wordsOf(line).map((word) =>
      word
        .replace('ada@example.com', user.email)
        .replace('http://127.0.0.1:3000', variables.TASKLANE_URL)
        .replace(/^01a216a3(-[0-9a-f-]+)?$/, id)
        .replace('tasks.jsonl', file),
    )
    const isLogin = words[0] === 'login'
    const signal = words[0] === 'watch' ? AbortSignal.timeout(500) : new AbortController().signal
    const args = isLogin ? [...words, '--password-stdin'] : words
    const ran = await runHere(args, { user, variables, signal, stdin: isLogin ? password : '' })
    expect(ran, line).toMatchObject({ code: words[0] === 'watch' ? 130 : 0 })
    if (words[0] === 'add') id = (await user.client.tasks.list.query({ limit: 1 })).tasks[0]?.id ?? ''
    if (words.includes('--purge')) id = (await user.client.tasks.create.mutate({ title: 'next' })).id
    if (words[0] === 'export' && !words.includes('--format')) await writeFile(file, ran.stdout)
  }
})
