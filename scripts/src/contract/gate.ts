import { compareOpenApi } from './compare-openapi.ts'
import type { Break, Pair } from './compare-schemas.ts'
import { compareTrpc } from './compare-trpc.ts'
import { type Contract, contractNames, contractText } from './contract-files.ts'
import { procedureList, procedureListPath } from './procedure-list.ts'

/** What is committed, by name and as text. */
export type CommittedTexts = Record<keyof Contract | 'procedures', string>

/** What is wrong with the committed contract, or nothing. */
export function staleProblem(current: Contract, committed: CommittedTexts): string | undefined {
  const stale = contractNames
    .filter((name) => contractText(current[name]) !== committed[name])
    .map((name) => `contract/${name}.json`)
  if (contractText(procedureList()) !== committed.procedures) stale.push(procedureListPath)
  if (stale.length === 0) return undefined
  const files = stale.join(' and ')
  return `The code has another contract than ${files}. Run \`npm run contract\`, look at what changed, and commit it.`
}

interface Gate {
  current: Contract
  /** That of the last release. */
  released: Contract
  /** The text of `CHANGELOG.md`. */
  changelog: string
}

/** Why this code may not be released as it is, or nothing. */
export function breakingProblem({ current, released, changelog }: Gate): string | undefined {
  const breaks = contractBreaks({ before: released, after: current })
  if (breaks.length === 0 || hasBreakingEntry(changelog)) return undefined
  return [
    'These changes break callers of the last release:',
    ...breaks.map(({ where, what }) => `- ${where}: ${what}`),
    'Take them back. Or, if they are meant, say what callers have to do in CHANGELOG.md, under "### Breaking" in',
    '"## Unreleased".',
  ].join('\n')
}

/** Where a contract breaks with the one that it replaces. */
function contractBreaks({ before, after }: Pair<Contract>): Break[] {
  return [
    ...compareOpenApi({ before: before.openapi, after: after.openapi }),
    ...compareTrpc({ before: before.trpc, after: after.trpc }),
  ]
}

/** Whether what is not released yet is said to break callers: a heading alone says nothing. */
function hasBreakingEntry(changelog: string): boolean {
  const unreleased = sectionOf(changelog, '## Unreleased')
  return /^\s*[-*] \S/m.test(sectionOf(unreleased, '### Breaking'))
}

/** What stands under a heading, to the next one of its level or above. */
function sectionOf(text: string, heading: string): string {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.trimEnd() === heading)
  if (start === -1) return ''
  const [{ length: level } = ''] = heading.split(' ')
  const after = lines.slice(start + 1)
  const end = after.findIndex((line) => /^#+ /.test(line) && line.indexOf(' ') <= level)
  return after.slice(0, end === -1 ? undefined : end).join('\n')
}
