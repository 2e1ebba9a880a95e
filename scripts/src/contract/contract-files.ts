import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openApiDocument } from '@tasklane/server/openapi'
import type { OpenApi } from './openapi-parts.ts'
import { type TrpcContract, trpcContract } from './trpc-contract.ts'

/** What callers can rely on. */
export interface Contract {
  openapi: OpenApi
  trpc: TrpcContract
}

export const contractNames = ['openapi', 'trpc'] as const

/** Of the repository, from the sources and from what is built of them. */
export const contractFolder = fileURLToPath(new URL('../../../contract', import.meta.url))

/** Of the last release, below the folder of the contract. */
export const releasedFolder = 'released'

/** The contract of this code. */
export function currentContract(): Contract {
  return { openapi: openApiDocument() as unknown as OpenApi, trpc: trpcContract() }
}

/** The same text for the same contract, in whatever order its parts were declared. */
export function contractText(contract: object): string {
  return `${JSON.stringify(contract, sorted, 2)}\n`
}

function sorted(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  const entries = Object.entries(value)
  return Object.fromEntries(entries.sort(([one], [other]) => (one < other ? -1 : 1)))
}

export async function readContractText(folder: string, name: keyof Contract): Promise<string> {
  return await readFile(fileOf(folder, name), 'utf8')
}

export async function readContract(folder: string): Promise<Contract> {
  const [openapi = '', trpc = ''] = await Promise.all(
    contractNames.map((name) => readContractText(folder, name)),
  )
  return { openapi: JSON.parse(openapi), trpc: JSON.parse(trpc) }
}

/** Gives the files that it wrote. */
export async function writeContract(folder: string, contract: Contract): Promise<string[]> {
  return await Promise.all(
    contractNames.map(async (name) => {
      const file = fileOf(folder, name)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, contractText(contract[name]))
      return file
    }),
  )
}

const fileOf = (folder: string, name: keyof Contract) => join(folder, `${name}.json`)
