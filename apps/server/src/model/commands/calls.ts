import { type Call, perform, performUnsurely } from '../calls.ts'
import { type BatchPlan, makeBatch, makeCall, type Plan } from '../plans.ts'
import { accountOf, type Model, settle, type World } from '../world.ts'
import { Step } from './step.ts'

interface Made {
  user: number
  device: number
  /** Whether the answer is lost, so that the client makes the same call again. */
  isAnswerLost: boolean
}

/** One client makes one call. */
export class CallOnce extends Step<Made & { plan: Plan }> {
  protected override async perform(model: Model, world: World): Promise<void> {
    const { user, isAnswerLost, plan } = this.given
    const situation = {
      account: accountOf(model, user),
      accounts: model.accounts,
      isRepeatable: isAnswerLost,
    }
    const call = makeCall(plan, situation)
    this.tell(call)
    await callUntilAnswered(model, world, { ...this.given, call })
  }
}

/** One client sends one batch. */
export class SendBatch extends Step<Made & { plan: BatchPlan }> {
  protected override async perform(model: Model, world: World): Promise<void> {
    const { user, isAnswerLost, plan } = this.given
    const situation = {
      account: accountOf(model, user),
      accounts: model.accounts,
      isRepeatable: isAnswerLost,
    }
    const call = makeBatch(plan, situation)
    this.tell(call)
    await callUntilAnswered(model, world, { ...this.given, call })
  }
}

async function callUntilAnswered(
  model: Model,
  world: World,
  { user, device: number, isAnswerLost, call }: Made & { call: Call },
): Promise<void> {
  if (!isAnswerLost) return await world.call(model, { user, device: number, call })
  const { client, line } = world.device(user, number)
  line.loseNextAnswer()
  const lost = await performUnsurely(client, call)
  if (lost) throw new Error('The answer was not lost')
  const outcome = await perform(client, call)
  settle(model, user, {
    stories: [
      (account) => {
        account.run(call)
        return [account.run(call)]
      },
    ],
    outcomes: [outcome],
  })
}
