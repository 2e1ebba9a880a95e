import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import type { Program } from '../run-program.ts'
import { contractFolder, currentContract, releasedFolder, writeContract } from './contract-files.ts'
import { writeInvalidations } from './invalidations.ts'

const usage = `usage: npm run contract -- [options]

Writes what callers can rely on, read off the procedures, into the repository: contract/openapi.json for
plain HTTP and contract/trpc.json for tRPC. Also which mutation changes which queries, for the client's React
bindings. Run it after every change of the contract, and commit what it wrote.

  --release  Also writes them into contract/released, which later changes must not break. For when a
             version is released, and for nothing else.`

const options = { release: { type: 'boolean' } } as const

/** The folder is that of the repository, but in tests. */
export function createContractProgram(folder: string): Program {
  return {
    usage,
    async run(args, { stdout }) {
      const { values } = parseArgs({ args, options })
      const folders = values.release ? [folder, join(folder, releasedFolder)] : [folder]
      const contract = currentContract()
      for (const each of folders)
        for (const file of await writeContract(each, contract))
          stdout.write(`Wrote ${relative(join(folder, '..'), file)}\n`)
      const invalidations = await writeInvalidations(folder)
      stdout.write(`Wrote ${relative(join(folder, '..'), invalidations)}\n`)
      return true
    },
  }
}

export const contractProgram = createContractProgram(contractFolder)
