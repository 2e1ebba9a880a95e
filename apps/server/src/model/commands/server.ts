import { setImmediate as turn } from 'node:timers/promises'
import { runRetention } from '@tasklane/api'
import { expect } from 'vitest'
import type { Account } from '../account.ts'
import { perform, performUnsurely } from '../calls.ts'
import type { Story } from '../explain.ts'
import { makeCall, type Plan } from '../plans.ts'
import { accountOf, type Model, settle, type World } from '../world.ts'
import { Step } from './step.ts'

interface RestartGiven {
  isSamePort: boolean
  /** Whether the streams break before the server can say that it closes. */
  isCut: boolean
}

/** The server ends as at a signal, and the next one starts on the same database. */
export class Restart extends Step<RestartGiven> {
  protected override async perform(_model: Model, world: World): Promise<void> {
    await restart(world, this.given)
  }
}

interface CallGiven extends RestartGiven {
  user: number
  device: number
  plan: Plan
  /** How many turns of the event loop the call is ahead. */
  turns: number
}

/** The server ends while a call is under way: it was done or was not, and the client makes it again if no answer came. */
export class RestartDuringCall extends Step<CallGiven> {
  protected override async perform(model: Model, world: World): Promise<void> {
    const { user, device, plan, turns } = this.given
    const situation = { account: accountOf(model, user), accounts: model.accounts, isRepeatable: true }
    const call = makeCall(plan, situation)
    this.tell(call)
    const { client } = world.device(user, device)
    const restarting = async () => {
      for (let count = 0; count < turns; count += 1) await turn()
      await restart(world, this.given)
    }
    const [answered] = await Promise.all([performUnsurely(client, call), restarting()])
    const once: Story = (account) => [account.run(call)]
    const twice: Story = (account) => {
      account.run(call)
      return once(account)
    }
    if (answered) settle(model, user, { stories: [once], outcomes: [answered] })
    else settle(model, user, { stories: [once, twice], outcomes: [await perform(client, call)] })
  }
}

async function restart({ host, people }: World, { isSamePort, isCut }: RestartGiven): Promise<void> {
  if (isCut) for (const { watchLine } of people) watchLine.cutStreams()
  await host.restart({ isSamePort })
  // Until the clients have heard that their idle connections are closed, they would send on them.
  await turn()
  await turn()
}

/** A client that was closed opens its watch again where it stood. */
export class ResumeWatch extends Step<{ user: number }> {
  protected override async perform(_model: Model, world: World): Promise<void> {
    const { watch } = world.person(this.given.user)
    await watch.stop()
    watch.start()
  }
}

const soonMilliseconds = 1000

/** So much time has passed that all deletions are forgotten: who has not read of them has to load everything. */
export class ForgetDeletions extends Step<Record<never, never>> {
  protected override async perform(model: Model, world: World): Promise<void> {
    const { db, log } = world.host.dependencies
    const now = () => new Date(Date.now() + soonMilliseconds)
    const gone = { tasks: 0, taskTombstones: 0 }
    for (const user of world.people.keys()) {
      const own = forget(model, user)
      gone.tasks += own.tasks
      gone.taskTombstones += own.taskTombstones
      if (own.tasks + own.taskTombstones === 0) continue
      const { devices, watch } = world.person(user)
      for (const { follower } of [...devices, watch]) follower.mayResync = true
    }
    const { tasks, taskTombstones } = await runRetention({ db, log, now }, { eventsDays: 365, trashDays: 0 })
    expect({ tasks, taskTombstones }).toEqual(gone)
  }
}

function forget(model: Model, user: number): ReturnType<Account['forget']> {
  const account = accountOf(model, user).clone()
  model.accounts[user] = account
  return account.forget()
}
