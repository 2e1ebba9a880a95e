import type { FastifyInstance } from 'fastify'

/** `/health`: the process runs. `/health/ready`: it can also do its work. */
export function healthDoor(app: FastifyInstance, isReady: () => Promise<boolean>): void {
  app.get('/health', async () => ({ status: 'ok' }))

  app.get('/health/ready', async (_req, res) => {
    if (await isReady()) return { status: 'ready' }
    return await res.status(503).header('retry-after', 5).send({ status: 'unavailable' })
  })
}
