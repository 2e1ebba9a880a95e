import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'
import type { Random } from './random.ts'

/** How a connection ends. Armed ones end with what is sent next. */
const faults = ['hang up', 'reset', 'half an answer', 'no answer', 'half a request'] as const
type Fault = (typeof faults)[number]

const pauseMinMilliseconds = 20
const pauseMaxMilliseconds = 180
/** Between two kills, or nothing would get through where the server is slow. */
const answersMin = 4

/** Stands between clients and a server, and kills connections. */
export interface FaultyProxy {
  url: string
  /** How many connections each fault has ended. */
  kills: Record<Fault, number>
  connections(): number
  /** Kills one connection after another, until the signal. */
  killUntil(signal: AbortSignal): Promise<void>
  /** Ends every connection, and takes no new one. */
  close(): Promise<void>
}

export async function createFaultyProxy(target: { port: number; random: Random }): Promise<FaultyProxy> {
  const { port, random } = target
  const kills = Object.fromEntries(faults.map((fault) => [fault, 0])) as FaultyProxy['kills']
  const open = new Set<Connection>()
  let connections = 0
  let answers = 0
  const server = createServer((near) => {
    connections += 1
    const connection = new Connection(near, connect({ host: '127.0.0.1', port }))
    connection.onKill = (fault) => {
      kills[fault] += 1
    }
    connection.onAnswer = () => {
      answers += 1
    }
    open.add(connection)
    near.once('close', () => open.delete(connection))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: ownPort } = server.address() as AddressInfo

  return {
    url: `http://127.0.0.1:${ownPort}`,
    kills,
    connections: () => connections,
    async killUntil(signal) {
      for (let answersBefore = -answersMin; !signal.aborted; ) {
        await pause(random.integer(pauseMinMilliseconds, pauseMaxMilliseconds), undefined, { signal }).catch(
          () => {},
        )
        const [first, ...others] = open
        if (!first || signal.aborted || answers - answersBefore < answersMin) continue
        answersBefore = answers
        random.pick([first, ...others]).suffer(random.pick(faults))
      }
      for (const connection of open) connection.disarm()
    },
    async close() {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const { near } of open) near.destroy()
      await closed
    },
  }
}

class Connection {
  readonly near: Socket
  onKill = (_fault: Fault) => {}
  onAnswer = () => {}
  #armed: Fault | undefined

  constructor(near: Socket, far: Socket) {
    this.near = near
    near.on('error', () => {}).on('close', () => far.destroy())
    far.on('error', () => {}).on('close', () => near.destroy())
    near.pipe(this.#passing({ half: 'half a request' })).pipe(far)
    far.pipe(this.#passing({ half: 'half an answer', nothing: 'no answer' })).pipe(near)
  }

  suffer(fault: Fault): void {
    if (fault === 'hang up' || fault === 'reset') this.#kill(fault)
    else this.#armed = fault
  }

  disarm(): void {
    this.#armed = undefined
  }

  #kill(fault: Fault): void {
    this.#armed = undefined
    this.onKill(fault)
    if (fault === 'reset') this.near.resetAndDestroy()
    else this.near.destroySoon()
  }

  /** Lets through what comes, up to the fault that this direction is armed with. */
  #passing({ half, nothing }: { half: Fault; nothing?: Fault }): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, pass) => {
        if (nothing) this.onAnswer()
        const fault = this.#armed
        if (fault === undefined || (fault !== half && fault !== nothing)) return pass(null, chunk)
        pass(null, fault === half ? chunk.subarray(0, chunk.length >> 1) : undefined)
        setImmediate(() => this.#kill(fault))
      },
    })
  }
}
