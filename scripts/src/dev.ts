import { fileURLToPath } from 'node:url'
import { runTogether } from './dev/run-together.ts'
import { environment } from './env.ts'

const pathOf = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const { PORT = '3000', ...env } = environment()
const url = `http://127.0.0.1:${PORT}`

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort())

console.log(
  `Server: ${url}\nPages:  http://127.0.0.1:3001 (compiled when they are opened)\nBoth reload when their sources change. Stop with Ctrl+C.\n`,
)
const isStopped = await runTogether(
  [
    {
      args: [
        pathOf('node_modules/typescript/bin/tsc'),
        '-b',
        pathOf('tsconfig.build.json'),
        '--watch',
        '--preserveWatchOutput',
      ],
      env,
    },
    {
      args: ['--watch', '--watch-preserve-output', pathOf('apps/server/dist/main.js')],
      // The pages are on this machine, and tell who has asked for them.
      env: { TRUST_PROXY: '127.0.0.1', ...env, PORT },
    },
    {
      args: [pathOf('apps/web/dist/server/main.js'), '--dev'],
      env: { ...env, PORT: '3001', TASKLANE_URL: url, TRUST_PROXY: '' },
    },
  ],
  stop.signal,
)
process.exitCode = isStopped ? 0 : 1
