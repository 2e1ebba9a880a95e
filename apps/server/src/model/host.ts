import { createDependencies, type Dependencies, loadRevocations } from '@tasklane/api'
import { testSettings } from '@tasklane/api/testing'
import type { Database } from '@tasklane/db'
import { createTestDatabase } from '@tasklane/db/testing'
import type { FastifyInstance } from 'fastify'
import { buildApp } from '../app.ts'
import { closeBackend } from '../close-backend.ts'

/** What a server has logged that must not happen. */
export interface LoggedError {
  details: object
  message: string
}

interface Running {
  app: FastifyInstance
  dependencies: Dependencies
  port: number
}

/** One server after another on one database, each listening on a port of this machine. */
export class Host {
  readonly database: Database
  readonly errors: LoggedError[] = []
  #running: Running | undefined

  static async open(): Promise<Host> {
    const host = new Host(await createTestDatabase())
    await host.#start(0)
    return host
  }

  private constructor(database: Database) {
    this.database = database
  }

  get #current(): Running {
    if (!this.#running) throw new Error('No server runs')
    return this.#running
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#current.port}`
  }

  get dependencies(): Dependencies {
    return this.#current.dependencies
  }

  /** Ends the server as a signal does, and starts the next one. */
  async restart({ isSamePort }: { isSamePort: boolean }): Promise<void> {
    const { app, dependencies, port } = this.#current
    await app.close()
    await this.#closeBackend(dependencies, async () => {})
    await this.#start(isSamePort ? port : 0)
  }

  async close(): Promise<void> {
    const { app, dependencies } = this.#current
    await app.close()
    await this.#closeBackend(dependencies, () => this.database.close())
  }

  async #start(port: number): Promise<void> {
    const dependencies: Dependencies = {
      ...createDependencies({ db: this.database.db, log: this.#log, settings: testSettings }),
      // A hash that costs nothing is as good as any here.
      hasher: {
        hash: async (password) => `plain ${password}`,
        verify: async (stored, password) => stored === `plain ${password}`,
        needsRehash: () => false,
        load: () => ({ inFlight: 0, waiting: 0 }),
      },
    }
    await loadRevocations(dependencies)
    const app = await buildApp({ dependencies, isReady: async () => true })
    await app.listen({ host: '127.0.0.1', port })
    this.#running = { app, dependencies, port: Number(new URL(app.listeningOrigin).port) }
  }

  async #closeBackend(dependencies: Dependencies, close: () => Promise<void>): Promise<void> {
    const backend = { dependencies, mailer: undefined, database: { ...this.database, close } as Database }
    await closeBackend({ backend, running: [], waitMilliseconds: 5000, log: this.#log })
  }

  get #log(): Dependencies['log'] {
    return {
      info: () => {},
      warn: () => {},
      error: (details, message) => void this.errors.push({ details, message }),
    }
  }
}
