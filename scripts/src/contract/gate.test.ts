import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import {
  contractFolder,
  contractText,
  currentContract,
  readContract,
  readContractText,
  releasedFolder,
} from './contract-files.ts'
import { copyContract, present } from './fixtures/contract-copy.ts'
import { breakingProblem, staleProblem } from './gate.ts'
import { procedureList, procedureListBeside } from './procedure-list.ts'

const current = currentContract()

describe('the contract in the repository', () => {
  it('is that of the code', async () => {
    const [openapi, trpc, procedures] = await Promise.all([
      readContractText(contractFolder, 'openapi'),
      readContractText(contractFolder, 'trpc'),
      readFile(procedureListBeside(contractFolder), 'utf8'),
    ])
    expect(staleProblem(current, { openapi, trpc, procedures })).toBeUndefined()
  })

  it('breaks no caller of the last release, unless the changelog says so', async () => {
    const released = await readContract(join(contractFolder, releasedFolder))
    const changelog = await readFile(join(contractFolder, '../CHANGELOG.md'), 'utf8')
    expect(breakingProblem({ current, released, changelog })).toBeUndefined()
  })
})

describe('a committed contract', () => {
  const texts = {
    openapi: contractText(current.openapi),
    trpc: contractText(current.trpc),
    procedures: contractText(procedureList()),
  }

  it.each([
    ['openapi', 'contract/openapi.json'],
    ['trpc', 'contract/trpc.json'],
    ['procedures', 'packages/client/src/procedures.json'],
  ] as const)('has to be renewed when %s differs', (name, file) => {
    const problem = staleProblem(current, { ...texts, [name]: texts[name].replace('object', 'string') })
    expect(problem).toContain(` than ${file}. Run \`npm run contract\``)
  })

  it('lists each procedure for programs, with all that its input refers to', () => {
    const { procedures, $defs } = procedureList()
    expect(Object.keys(procedures).sort()).toEqual(Object.keys(current.trpc.procedures).sort())
    expect(procedures['tasks.create']).toMatchObject({ type: 'mutation', summary: 'Create a task' })
    const references = JSON.stringify({ procedures, $defs }).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g)
    for (const [, name = ''] of references) expect($defs).toHaveProperty(name)
    expect($defs).toHaveProperty('BatchOperation')
    expect($defs).not.toHaveProperty('TaskList')
  })

  it('is the same text in whatever order its parts are declared', () => {
    const { procedures } = current.trpc
    const trpc = { ...current.trpc, procedures: Object.fromEntries(Object.entries(procedures).reverse()) }
    expect(staleProblem({ ...current, trpc }, texts)).toBeUndefined()
    expect(texts.trpc).toMatch(/^\{\n {2}"\$defs": [\s\S]*\n\}\n$/)
  })
})

describe('a change that breaks callers', () => {
  const released = copyContract()
  const { input } = present(released.trpc.procedures['tasks.create'], 'tasks.create')
  Object.assign(input, { properties: { ...(input as { properties: object }).properties, color: true } })
  const operation = present(released.openapi.paths['/api/auth/login']?.['post'], 'log-in')
  operation['x-aliases'] = ['/api/login']
  const problemWith = (changelog: string) => breakingProblem({ current, released, changelog })

  it.each([
    ['no changelog', ''],
    ['nothing that is not released', '# Changelog\n\n## 1.0.0\n\n### Breaking\n\n- The title is shorter.\n'],
    [
      'no entry of the kind',
      '## Unreleased\n\n### Added\n\n- Colors.\n\n## 1.0.0\n\n### Breaking\n\n- A title.\n',
    ],
    ['a heading alone', '## Unreleased\n\n### Breaking\n\n### Added\n\n- Colors.\n'],
    ['the heading in another section', '## Unreleased\n\n#### Breaking\n\n- Colors.\n'],
  ])('is refused with %s, by its place and with what to do', (_, changelog) => {
    expect(problemWith(changelog)).toBe(
      [
        'These changes break callers of the last release:',
        '- POST /api/auth/login: its alias /api/login is gone',
        '- tasks.create input.color: is gone',
        'Take them back. Or, if they are meant, say what callers have to do in CHANGELOG.md, under "### Breaking" in',
        '"## Unreleased".',
      ].join('\n'),
    )
  })

  it('is let through when the changelog says what callers have to do', () => {
    const changelog =
      '## Unreleased\n\n### Added\n\n- Colors.\n\n### Breaking\n\n- Colors are gone.\n\n## 1.0.0\n'
    expect(problemWith(changelog)).toBeUndefined()
  })

  it('is none where something is only added', () => {
    const older = copyContract()
    delete older.trpc.procedures['tasks.counts']
    delete older.openapi.paths['/api/tasks/counts']
    expect(breakingProblem({ current, released: older, changelog: '' })).toBeUndefined()
  })
})
