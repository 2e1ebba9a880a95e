import { z } from 'zod'
import { Instant } from '../../instant.ts'
import { Count, contradiction, Day, Id, jsonForms } from '../../json-form.ts'
import { type Reason, reasons } from '../../reasons.ts'
import { opaque, text } from '../../text.ts'

/** Limits of a task's fields and of a page. Lengths in code points. */
export const taskLimits = {
  titleLengthMax: 500,
  descriptionLengthMax: 16_000,
  tagsMax: 20,
  tagLengthMax: 50,
  pageLimitMax: 100,
  pageLimitDefault: 20,
  searchLengthMax: 200,
  batchOperationsMax: 100,
} as const

export const TaskId = z.guid()

export const Priority = z.enum(['low', 'medium', 'high', 'urgent'])
export type Priority = z.infer<typeof Priority>

/** A calendar date `YYYY-MM-DD`, without time or zone. */
export const DueDate = z.iso
  .date()
  .regex(/^(?!0000)/, 'Must be in the year 0001 or later')
  .register(jsonForms, {
    ...{ type: 'string', format: 'date', examples: ['2026-12-24'] },
    pattern: `^(?!0000)${z.core.regexes.date.source.slice(1)}`,
  })

const Title = text({ lengthMin: 1, lengthMax: taskLimits.titleLengthMax })
const Description = text({ lengthMax: taskLimits.descriptionLengthMax })
const Tag = text({ lengthMin: 1, lengthMax: taskLimits.tagLengthMax }).toLowerCase()
const Tags = z
  .array(Tag)
  .max(taskLimits.tagsMax)
  .transform((tags) => [...new Set(tags)])

/** For the examples. */
const exampleId = '01890a5d-ac96-774b-bcce-b302099a8057'
const exampleTask = {
  id: exampleId,
  userId: '01890a5d-ac96-774b-bcce-b302099a8000',
  title: 'Buy milk',
  description: 'Two litres, and not the one from last time.',
  completed: false,
  completedAt: null,
  priority: 'high',
  dueDate: '2026-12-24',
  tags: ['home', 'shopping'],
  version: 3,
  createdAt: '2026-12-01T08:00:00.000Z',
  updatedAt: '2026-12-20T17:30:00.000Z',
  deletedAt: null,
}

export const Task = z
  .object({
    id: Id,
    userId: Id,
    title: z.string(),
    description: z.string().nullable(),
    completed: z.boolean(),
    completedAt: z.date().nullable(),
    priority: Priority.nullable(),
    dueDate: Day.nullable(),
    tags: z.array(z.string()),
    version: Count.describe('+1 at each write that changes something. Starts at 1.'),
    createdAt: z.date(),
    updatedAt: z.date(),
    deletedAt: z.date().nullable().describe('When it was moved to the trash.'),
  })
  .meta({ id: 'Task', examples: [exampleTask] })
export type Task = z.infer<typeof Task>

const ExpectedVersion = z
  .int()
  .min(1)
  .optional()
  .describe('Refuses the write with `VERSION_CONFLICT` when the task has another. Default: whatever it has.')

/** `id` is made by the server unless the caller brings one, which makes a repeated call safe. */
export const CreateTask = z
  .strictObject({
    id: TaskId.optional(),
    title: Title,
    description: Description.nullable().optional(),
    completed: z.boolean().optional(),
    priority: Priority.nullable().optional(),
    dueDate: DueDate.nullable().optional(),
    tags: Tags.optional(),
  })
  .meta({
    examples: [
      { title: 'Buy milk' },
      { title: 'Buy milk', priority: 'high', dueDate: '2026-12-24', tags: ['home', 'shopping'] },
    ],
  })
export type CreateTask = z.infer<typeof CreateTask>

export const TaskKey = z.strictObject({ id: TaskId })
export type TaskKey = z.infer<typeof TaskKey>

/** A write that needs no more than to know which task. */
export const TaskWrite = z
  .strictObject({ id: TaskId, expectedVersion: ExpectedVersion })
  .meta({ examples: [{ id: exampleId }, { id: exampleId, expectedVersion: 3 }] })
export type TaskWrite = z.infer<typeof TaskWrite>

/** A field that is absent stays as it is; `null` clears it. */
export const UpdateTask = z
  .strictObject({
    id: TaskId,
    expectedVersion: ExpectedVersion,
    title: Title.optional(),
    description: Description.nullable().optional(),
    completed: z.boolean().optional(),
    priority: Priority.nullable().optional(),
    dueDate: DueDate.nullable().optional(),
    tags: Tags.nullable().optional(),
  })
  .meta({
    examples: [
      { id: exampleId, title: 'Buy oat milk', dueDate: null },
      { id: exampleId, expectedVersion: 3, tags: ['home'] },
    ],
  })
export type UpdateTask = z.infer<typeof UpdateTask>

/** The whole task: a field that is absent gets the value that it has in a new task. */
export const ReplaceTask = UpdateTask.extend({ title: Title }).meta({
  examples: [{ id: exampleId, title: 'Buy oat milk', priority: 'low', tags: ['home'] }],
})
export type ReplaceTask = z.infer<typeof ReplaceTask>

/** A task that is gone for good. */
export const PurgedTask = z.object({ id: Id })

export const TaskSort = z.enum(['createdAt', 'updatedAt', 'dueDate', 'priority', 'title', 'relevance'])
export type TaskSort = z.infer<typeof TaskSort>

/**
 * Newest first by default, and the most relevant first when searching. Ties are ordered by id; tasks
 * without the sorted field come last, both ways.
 */
export const ListTasks = z
  .strictObject({
    completed: z.boolean().optional(),
    priority: Priority.optional(),
    tag: Tag.optional(),
    dueBefore: DueDate.optional().describe('Due earlier than this day.'),
    dueAfter: DueDate.optional().describe('Due later than this day.'),
    dueOn: DueDate.optional(),
    overdue: z.boolean().optional().describe('Open and due before `today`; `false` for all others.'),
    today: DueDate.optional().describe("The caller's day, for `overdue`. Default: the day in UTC."),
    updatedSince: Instant.optional().describe('Changed at this instant or later.'),
    search: text({ lengthMin: 1, lengthMax: taskLimits.searchLengthMax })
      .optional()
      .describe(
        'Whole words of title and description, all of them. `"a phrase"`, `or` and `-not` are understood. ' +
          'More than 2000 matches are not ranked: the newest come first.',
      ),
    highlight: z
      .boolean()
      .default(false)
      .describe('Adds a `snippet` to each task that was found by `search`.'),
    trashed: z.boolean().default(false).describe('The tasks in the trash instead of the others.'),
    sort: TaskSort.optional().describe(
      '`relevance` is for `search` only, and its default. Otherwise `createdAt`.',
    ),
    order: z.enum(['asc', 'desc']).default('desc'),
    limit: z.int().min(1).max(taskLimits.pageLimitMax).default(taskLimits.pageLimitDefault),
    offset: z
      .int()
      .min(0)
      .overwrite((offset) => offset + 0)
      .optional()
      .describe(
        'How many tasks to pass over. Default 0. For far pages `cursor` is faster, and safe from moving rows.',
      ),
    cursor: opaque({ lengthMax: 4000 })
      .optional()
      .describe('The `nextCursor` of a page with the same filters and sort.'),
    includeTotal: z
      .boolean()
      .optional()
      .describe('Whether to count the tasks on all pages. Default: without `cursor`.'),
    fields: z.enum(['full', 'compact']).default('full').describe('`compact` leaves the descriptions out.'),
  })
  .check(({ value, issues }) => {
    const refuse = (name: keyof typeof value, message: string) =>
      issues.push(contradiction({ path: [name], input: value[name], message }))
    if (value.cursor !== undefined && value.offset !== undefined) refuse('offset', 'Not together with cursor')
    if (value.search === undefined && value.sort === 'relevance') refuse('sort', 'Relevance needs search')
    if (value.search === undefined && value.highlight) refuse('highlight', 'Needs search')
  })
  .prefault({})
export type ListTasks = z.infer<typeof ListTasks>

/** A part of a text, and whether it is one of the words that were searched for. */
const SnippetPart = z.object({ text: z.string(), isMatch: z.boolean() })
export type SnippetPart = z.infer<typeof SnippetPart>

/** A task in a list: without `description` in a compact one, with `snippet` in a highlighted search. */
export const ListedTask = Task.partial({ description: true })
  .extend({
    snippet: z
      .array(SnippetPart)
      .optional()
      .describe('Where the words stand, in the order of the text. Plain text: escape it as any other.'),
  })
  .meta({ id: 'ListedTask', examples: [exampleTask] })
export type ListedTask = z.infer<typeof ListedTask>

export const TaskList = z
  .object({
    tasks: z.array(ListedTask),
    nextCursor: z.string().nullable().describe('Gives the next page. `null` on the last one.'),
    limit: Count,
    total: Count.optional().describe('How many tasks the filters match, on all pages.'),
    offset: Count.optional().describe('Absent where a `cursor` was given.'),
  })
  .meta({ id: 'TaskList' })
export type TaskList = z.infer<typeof TaskList>

/** `today` is the caller's day, by default the day in UTC. */
export const CountTasks = z.strictObject({ today: DueDate.optional() }).prefault({})

/** How many tasks there are. All but `trashed` leave the trash out. */
export const TaskCounts = z
  .object({
    total: Count,
    open: Count,
    completed: Count,
    overdue: Count.describe('Open and due before today.'),
    dueToday: Count.describe('Open and due today.'),
    trashed: Count,
    byPriority: z
      .object({ low: Count, medium: Count, high: Count, urgent: Count, none: Count })
      .describe('Of the open tasks.'),
  })
  .meta({ id: 'TaskCounts' })
export type TaskCounts = z.infer<typeof TaskCounts>

/** One operation of a batch: the name of a procedure, and its input. */
export const BatchOperation = z
  .discriminatedUnion('op', [
    z.strictObject({ op: z.literal('create'), input: CreateTask }),
    z.strictObject({ op: z.literal('update'), input: UpdateTask }),
    z.strictObject({ op: z.literal('replace'), input: ReplaceTask }),
    z.strictObject({ op: z.literal('complete'), input: TaskWrite }),
    z.strictObject({ op: z.literal('reopen'), input: TaskWrite }),
    z.strictObject({ op: z.literal('delete'), input: TaskWrite }),
    z.strictObject({ op: z.literal('restore'), input: TaskWrite }),
  ])
  .meta({ id: 'BatchOperation' })
export type BatchOperation = z.infer<typeof BatchOperation>

const UncheckedOperation = z.custom<z.input<typeof BatchOperation>>()

const batchOf = (atomic: boolean, operation: z.ZodType) =>
  z.strictObject({
    atomic: z.literal(atomic).describe(atomic ? 'All or nothing.' : 'Each on its own.'),
    operations: z.array(operation).max(taskLimits.batchOperationsMax),
  })

/** Where each is on its own, a malformed one fails alone: whatever it is, the others are done. */
const DescribedBatch = z
  .discriminatedUnion('atomic', [
    batchOf(true, BatchOperation),
    batchOf(false, z.unknown().describe('A `BatchOperation`. What is none fails alone.')),
  ])
  .meta({
    examples: [
      {
        atomic: true,
        operations: [
          { op: 'create', input: { title: 'Buy milk', dueDate: '2026-12-24' } },
          { op: 'complete', input: { id: exampleId, expectedVersion: 3 } },
        ],
      },
    ],
  })

/** Up to 100 operations, in their order. Each is checked by itself, so that a malformed one fails alone. */
export const BatchTasks = z
  .strictObject({
    atomic: z.boolean(),
    operations: z.array(UncheckedOperation).max(taskLimits.batchOperationsMax),
  })
  .register(jsonForms, { of: DescribedBatch })
export type BatchTasks = z.infer<typeof BatchTasks>

const [firstReason, ...otherReasons] = Object.keys(reasons) as [Reason, ...Reason[]]

/** What became of the operation at `index`, counted from 0. */
export const BatchResult = z
  .discriminatedUnion('ok', [
    z.object({ index: Count, ok: z.literal(true), task: Task }),
    z.object({
      index: Count,
      ok: z.literal(false),
      reason: z.enum([firstReason, ...otherReasons]),
      message: z.string(),
      issues: z
        .array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }))
        .optional(),
      task: Task.optional().describe('The task as it is now, with `VERSION_CONFLICT` and `TASK_ID_TAKEN`.'),
    }),
  ])
  .meta({ id: 'BatchResult' })
export type BatchResult = z.infer<typeof BatchResult>

export const BatchResults = z.object({ results: z.array(BatchResult) }).meta({ id: 'BatchResults' })

/** The number of a change among those of its owner. They rise, with gaps. */
const Seq = z.int().min(0)

/** `since` is the `next` of an earlier answer, or 0 for everything. Without it: where the feed stands now. */
export const ReadChanges = z
  .strictObject({
    since: Seq.optional(),
    limit: z.int().min(1).max(taskLimits.pageLimitMax).default(taskLimits.pageLimitMax),
  })
  .prefault({})
export type ReadChanges = z.infer<typeof ReadChanges>

export const TaskChange = z
  .discriminatedUnion('type', [
    z.object({ seq: Count, type: z.literal('upsert'), task: Task }),
    z.object({ seq: Count, type: z.literal('delete'), id: Id }),
  ])
  .meta({ id: 'TaskChange' })
export type TaskChange = z.infer<typeof TaskChange>

export const TaskChanges = z
  .object({
    changes: z.array(TaskChange).describe('Each task once, at its newest change.'),
    next: Count.describe('What to send as `since` the next time.'),
    resync: z
      .boolean()
      .describe(
        '`since` is too old, or not of this feed: load all tasks anew, page by page, and go on from `next`.',
      ),
  })
  .meta({ id: 'TaskChanges' })
export type TaskChanges = z.infer<typeof TaskChanges>

/** `lastEventId` is set by clients that connect again, and goes before `since`. */
export const FollowChanges = z
  .strictObject({
    since: Seq.optional(),
    lastEventId: z
      .string()
      .regex(/^\d{1,15}$/)
      .optional(),
  })
  .prefault({})
export type FollowChanges = z.infer<typeof FollowChanges>
