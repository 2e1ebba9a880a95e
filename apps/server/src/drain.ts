import type { ServerResponse } from 'node:http'
import { Server, type Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/** For a connection that has asked nothing yet: its first request may be on the way. */
const firstRequestTimeoutMilliseconds = 500

interface Connection {
  hasAsked: boolean
  unfinished: Set<ServerResponse>
}

/**
 * Makes `app.close()` take no new connection, answer what runs to the last byte and hang up. Node
 * alone would cut off answers that are still being sent, and wait for callers that ask nothing more.
 * What still runs after `timeoutMilliseconds`, default 7000, is cut off.
 */
export function drainOnClose(app: FastifyInstance, { timeoutMilliseconds = 7_000 } = {}): void {
  const connections = new Map<Socket, Connection>()
  let isClosing = false
  let onEmpty = () => {}

  app.server.on('connection', (socket: Socket) => {
    connections.set(socket, { hasAsked: false, unfinished: new Set() })
    socket.once('close', () => {
      connections.delete(socket)
      if (connections.size === 0) onEmpty()
    })
  })
  app.server.on('request', ({ socket }, res) => {
    const connection = connections.get(socket)
    if (!connection) return
    connection.hasAsked = true
    connection.unfinished.add(res)
    res.once('close', () => {
      connection.unfinished.delete(res)
      if (isClosing && connection.unfinished.size === 0) socket.destroySoon()
    })
  })

  const hangUp = (isDone: (connection: Connection) => boolean) => {
    for (const [socket, connection] of connections) if (isDone(connection)) socket.destroy()
  }
  app.addHook('preClose', async () => {
    isClosing = true
    // The close of HTTP's own server is the one that cuts answers off.
    if (app.server.listening) Server.prototype.close.call(app.server)
    for (const { unfinished } of connections.values()) {
      for (const res of unfinished) if (!res.headersSent) res.setHeader('connection', 'close')
    }
    hangUp(({ hasAsked, unfinished }) => hasAsked && unfinished.size === 0)
    if (connections.size === 0) return
    const timers = [
      setTimeout(() => hangUp(({ unfinished }) => unfinished.size === 0), firstRequestTimeoutMilliseconds),
      setTimeout(() => hangUp(() => true), timeoutMilliseconds),
    ]
    await new Promise<void>((resolve) => {
      onEmpty = resolve
    })
    for (const timer of timers) clearTimeout(timer)
  })
}
