import { join, relative } from 'node:path'
import { parseArgs } from 'node:util'
import type { Program } from '../run-program.ts'
import { contractFolder, currentContract, releasedFolder, writeContract } from './contract-files.ts'
import { writeInvalidations } from './invalidations.ts'
import { writeProcedureList } from './procedure-list.ts'

const usage = `usage: npm run contract -- [options]

Writes what callers can rely on, read off the procedures, into the repository: contract/openapi.json for
plain HTTP and contract/trpc.json for tRPC. Also, for the client, which mutation changes which queries, and a list
of every procedure. Run it after every change of the contract, and commit what it wrote.

  --release  Also writes the first two into contract/released, which later changes must not break. For when a
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
      for (const file of [await writeInvalidations(folder), await writeProcedureList(folder)])
        stdout.write(`Wrote ${relative(join(folder, '..'), file)}\n`)
      return true
    },
  }
}

export const contractProgram = createContractProgram(contractFolder)
