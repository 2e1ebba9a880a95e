import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from './create-client.ts'

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

it.each([301, 302, 303, 307, 308])(
  'takes a password nowhere else when the server answers %i',
  async (status) => {
    let visits = 0
    const elsewhere = await listen(
      createServer((_req, res) => {
        visits++
        res.end('{}')
      }),
    )
    const url = await listen(
      createServer((_req, res) => res.writeHead(status, { location: elsewhere }).end()),
    )
    const logIn = createClient({ url }).auth.logIn.mutate({ usernameOrEmail: 'a', password: 'secret' })
    await expect(logIn).rejects.toThrow()
    expect(visits).toBe(0)
  },
)
