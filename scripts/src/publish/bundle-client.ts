import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Plugin } from 'esbuild'
import { bundleDeclarations } from './bundle-declarations.ts'
import { thirdPartyLicenses } from './third-party-licenses.ts'

/** Of the repository, from the sources and from what is built of them. */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const clientFolder = join(root, 'packages/client')

/** What can be imported, the main one first. */
const entries = ['index', 'next', 'node', 'react'] as const

/** What whoever uses the client has already, and one copy of. */
const peers = ['react', 'react-dom', '@tanstack/react-query'] as const

/** A file of its own in what is published: of all that can be imported this alone is of no use outside a browser's React. */
const clientModule = 'react-provider'

/** Makes of what was built the files that are published: they need no package of ours, nor tRPC's. */
export async function bundleClient(outFolder = join(clientFolder, 'npm')): Promise<void> {
  await rm(outFolder, { recursive: true, force: true })
  await mkdir(outFolder, { recursive: true })
  const builtFolder = join(clientFolder, 'dist')
  const { metafile } = await build({
    entryPoints: [
      ...entries.map((entry) => ({ in: join(builtFolder, `${entry}.js`), out: entry as string })),
      { in: join(builtFolder, 'react/provider.js'), out: clientModule },
    ],
    outdir: outFolder,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'neutral',
    target: 'es2022',
    mainFields: ['module', 'main'],
    conditions: ['import'],
    external: [...peers, 'node:*'],
    chunkNames: 'chunk-[hash]',
    legalComments: 'none',
    logLevel: 'error',
    plugins: [keepClientModule],
    absWorkingDir: root,
    metafile: true,
  })
  const contractFile = join(root, 'packages/api/dist/contract.d.ts')
  await bundleDeclarations({ builtFolder, contractFile, outFolder, entries, peers })
  const contained = Object.values(metafile.outputs).flatMap(({ inputs }) => Object.keys(inputs))
  const licenses = await thirdPartyLicenses(contained.map((path) => join(root, path)))
  await writeFile(join(outFolder, 'THIRD-PARTY-LICENSES.txt'), licenses)
  await copyFile(join(root, 'LICENSE'), join(clientFolder, 'LICENSE'))
}

/** Its `'use client'` counts for one file: the other bindings are for components that the server renders too. */
const keepClientModule: Plugin = {
  name: 'keep-client-module',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/react\/provider\.js$/ }, () => ({
      path: `./${clientModule}.js`,
      external: true,
    })),
}
