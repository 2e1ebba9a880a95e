import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import type Next from 'next'
import { readEnv, SettingsError, setMode } from '../env.ts'
import { sealCaller } from './caller.ts'

const folder = fileURLToPath(new URL('../..', import.meta.url))
const closeTimeoutMilliseconds = 5_000

/** Next.js behind a server of ours, which alone knows the address of the caller's socket. */
async function main(): Promise<void> {
  const dev = process.argv.includes('--dev')
  const env = readEnv()
  setMode(dev)
  const next = createRequire(import.meta.url)('next') as typeof Next.default
  const server = createServer()
  const app = next({ dev, dir: folder, hostname: env.host, port: env.port, httpServer: server })
  await app.prepare()
  const [answer, upgrade] = [app.getRequestHandler(), app.getUpgradeHandler()]
  server.on('request', (req, res) => {
    sealCaller(req, env.proxies)
    void answer(req, res)
  })
  // In production nothing is upgraded, and Next.js leaves the socket open.
  server.on('upgrade', (req, socket, head) => void (dev ? upgrade(req, socket, head) : socket.destroy()))
  server.listen(env.port, env.host, () => {
    const { port } = server.address() as AddressInfo
    console.log(`Tasklane's pages: http://${env.host}:${port}  (server: ${env.tasklaneUrl})`)
  })
  server.on('error', fail)

  let isClosing = false
  const close = () => {
    if (isClosing) return
    isClosing = true
    server.close(() => void app.close().finally(() => process.exit(0)))
    server.closeIdleConnections()
    // Streams that follow changes end only so.
    setTimeout(() => server.closeAllConnections(), closeTimeoutMilliseconds / 5)
    setTimeout(() => process.exit(0), closeTimeoutMilliseconds).unref()
  }
  process.on('SIGINT', close).on('SIGTERM', close)
}

function fail(error: unknown): never {
  console.error(`Tasklane's pages did not start.\n${error instanceof SettingsError ? error.message : error}`)
  process.exit(1)
}

main().catch(fail)
