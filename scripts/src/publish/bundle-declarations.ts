import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Plugin, rollup } from 'rollup'
import { dts } from 'rollup-plugin-dts'
import ts from 'typescript'
import { writeContractTypes } from './contract-types.ts'

/** As a bundler finds the types of packages. */
const compilerOptions = {
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  preserveSymlinks: false,
}

interface Bundle {
  /** Of the client, as it was built. */
  builtFolder: string
  /** The declarations of the contract, as they were built. */
  contractFile: string
  outFolder: string
  entries: readonly string[]
  /** Packages that whoever installs the client has. */
  peers: readonly string[]
}

/**
 * Rolls the declarations of each entry up into one file that imports nothing but peers. The other entries take from the
 * first what it has.
 */
export async function bundleDeclarations(bundle: Bundle): Promise<void> {
  const contractTypes = writeContractTypes(bundle.contractFile)
  const [main = ''] = bundle.entries
  for (const entry of bundle.entries) {
    const rolled = await rollup({
      input: join(bundle.builtFolder, `${entry}.d.ts`),
      external: (id) => bundle.peers.some((peer) => id === peer || id.startsWith(`${peer}/`)),
      plugins: [
        entry === main ? undefined : takeFrom(main, bundle),
        writeOut(contractTypes),
        dts({ respectExternal: true, compilerOptions }),
      ],
      onwarn: (warning) => {
        throw new Error(warning.message)
      },
    })
    const { output } = await rolled.generate({ format: 'es' })
    await rolled.close()
    const [chunk, ...others] = output
    if (others.length > 0) throw new Error(`The declarations of ${entry} are more than one file`)
    await writeFile(join(bundle.outFolder, `${entry}.d.ts`), chunk.code)
  }
}

/** What the main entry has stays an import of it: its types are one and the same for whoever uses both. */
function takeFrom(main: string, { builtFolder }: Bundle): Plugin {
  const itsOwn = new Set(
    ['create-client', 'errors', 'session', 'types'].map((name) => join(builtFolder, name)),
  )
  const isTaken = (id: string, importer: string) =>
    id === '@tasklane/api/contract' ||
    id === '@tasklane/api/router' ||
    itsOwn.has(join(importer, '..', id).replace(/\.ts$/, ''))
  return {
    name: 'take-from-main',
    resolveId: (id, importer) =>
      importer !== undefined && isTaken(id, importer) ? { id: `./${main}.js`, external: true } : undefined,
  }
}

/** What is of no use to a caller is left out: how zod infers the contract, and what only the server's doors read. */
function writeOut(contractTypes: string): Plugin {
  return {
    name: 'write-out',
    load: (id) => {
      if (/\/api\/dist\/features\/tasks\/contract\.d\.ts$/.test(id)) return contractTypes
      if (/\/api\/dist\/rest\/meta\.d\.ts$/.test(id)) return 'export type ProcedureMeta = object;\n'
      return undefined
    },
    transform: (code, id) =>
      /\/api\/dist\/contract\.d\.ts$/.test(id)
        ? "export * from './contract-version.ts';\nexport * from './limits.ts';\nexport * from './reasons.ts';\nexport * from './features/tasks/contract.ts';\n"
        : code,
  }
}
