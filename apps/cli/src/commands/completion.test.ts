import { spawnSync } from 'node:child_process'
import { beforeAll, describe, expect, it } from 'vitest'
import { exitCodes } from '../exit-codes.ts'
import { runHere } from '../fixtures/run-here.ts'
import { finish, startPiped, startShell } from '../fixtures/run-process.ts'
import { newUser, type TestUser } from '../fixtures/user.ts'

let user: TestUser

beforeAll(async () => {
  user = await newUser({ isSignedIn: false })
})

const has = (shell: string) => spawnSync(shell, ['--version']).status === 0

describe('completion', () => {
  it.each([
    ['zsh', ['-n']],
    ['fish', ['--no-execute']],
  ] as const)('prints a script that %s can read', async (shell, check) => {
    const { code, stdout } = await finish(startPiped(['completion', shell], { user }))
    expect(code).toBe(0)
    expect(stdout).toContain('tasklane complete --')
    if (has(shell)) expect(spawnSync(shell, check, { input: stdout })).toMatchObject({ status: 0 })
  })

  it('knows no other shell', async () => {
    expect((await runHere(['completion', 'csh'], { user })).code).toBe(exitCodes.usage)
  })

  it('completes in bash: commands, procedures, options, and values', async () => {
    const script = `
      _get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=\${words[cword]}; prev=; }
      source <(tasklane completion bash)
      try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); __tasklane_complete; echo "\${COMPREPLY[@]}"; }
      try tasklane ls --due-
      try tasklane ls --priority ''
      try tasklane token ''
      try tasklane call tasks.cr`
    const { stdout, stderr } = await finish(startShell(script, { user }))
    expect(stderr.replaceAll(/.*compopt: not currently executing completion function\n/g, '')).toBe('')
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([
      '--due-before --due-after --due-on',
      'low medium high urgent',
      'create list revoke help',
      'tasks.create',
    ])
  })
})
