import type fc from 'fast-check'
import type { Model, World } from '../world.ts'

/** A command that can always run: what it means is made out of what there is. */
export abstract class Step<Given> implements fc.AsyncCommand<Model, World> {
  protected readonly given: Given
  readonly #executed: { count: number }
  #did = ''

  constructor(given: Given, executed: { count: number }) {
    this.given = given
    this.#executed = executed
  }

  check(): boolean {
    return true
  }

  async run(model: Model, world: World): Promise<void> {
    this.#executed.count += 1
    await this.perform(model, world)
  }

  protected abstract perform(model: Model, world: World): Promise<void>

  /** Says what it came to, for the report of a failure. */
  protected tell(did: unknown): void {
    this.#did = ` => ${JSON.stringify(did)}`
  }

  toString(): string {
    return `${this.constructor.name} ${JSON.stringify(this.given)}${this.#did}`
  }
}
