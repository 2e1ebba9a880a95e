import { z } from 'zod'
import { Task } from '../features/tasks/contract.ts'
import { type Reason, reasons } from '../reasons.ts'

const [firstReason, ...otherReasons] = Object.keys(reasons) as [Reason, ...Reason[]]

/** An error as plain HTTP answers it. RFC 9457. */
export const Problem = z
  .object({
    type: z.literal('about:blank'),
    title: z.string().describe('The status in words.'),
    status: z.int(),
    detail: z.string().describe('What went wrong, and what can be done about it. The text may improve.'),
    code: z.enum([firstReason, ...otherReasons]).describe('What went wrong, for programs.'),
    /** Each refused field. */
    errors: z
      .array(
        z.object({
          pointer: z.string().describe('Where it stands in the input, RFC 6901.'),
          message: z.string(),
        }),
      )
      .optional(),
    retryAfterSeconds: z.int().optional().describe('When to try again.'),
    task: Task.optional().describe('The task as it is now, where another version was expected.'),
    index: z.int().optional().describe('Which operation of a batch failed, counted from 0.'),
  })
  .meta({ id: 'Problem' })
export type Problem = z.infer<typeof Problem>
