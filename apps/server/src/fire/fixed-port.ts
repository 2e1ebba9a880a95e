import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below those that a system gives to connections: nothing else takes it while the server is away. */
const portMin = 20_000
const portMax = 30_000

/** A port that is free now and can be listened on again and again. */
export async function findFixedPort(): Promise<number> {
  for (;;) {
    const port = randomInt(portMin, portMax)
    if (await isFree(port)) return port
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
