import { z } from 'zod'
import { Instant } from '../../instant.ts'
import { type Reason, reasons } from '../../reasons.ts'
import { bounded, storable, text } from '../../text.ts'

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
export const DueDate = z.iso.date().refine((value) => value >= '0001', 'Must be in the year 0001 or later')

const Title = text({ lengthMin: 1, lengthMax: taskLimits.titleLengthMax })
const Description = text({ lengthMax: taskLimits.descriptionLengthMax })
const Tag = storable(bounded(taskLimits.tagLengthMax).toLowerCase(), {
  lengthMin: 1,
  lengthMax: taskLimits.tagLengthMax,
})
const Tags = z
  .array(Tag)
  .max(taskLimits.tagsMax)
  .transform((tags) => [...new Set(tags)])

export const Task = z.object({
  id: z.string(),
  userId: z.string(),
  title: z.string(),
  description: z.string().nullable(),
  completed: z.boolean(),
  completedAt: z.date().nullable(),
  priority: Priority.nullable(),
  dueDate: z.string().nullable(),
  tags: z.array(z.string()),
  /** +1 at each write that changes something. Starts at 1. */
  version: z.number(),
  createdAt: z.date(),
  updatedAt: z.date(),
  /** When it was moved to the trash. */
  deletedAt: z.date().nullable(),
})
export type Task = z.infer<typeof Task>

/** Refuses the write with `VERSION_CONFLICT` when the task has another version. Default: whatever it has. */
const ExpectedVersion = z.int().min(1).optional()

/** `id` is made by the server unless the caller brings one, which makes a repeated call safe. */
export const CreateTask = z.strictObject({
  id: TaskId.optional(),
  title: Title,
  description: Description.nullable().optional(),
  completed: z.boolean().optional(),
  priority: Priority.nullable().optional(),
  dueDate: DueDate.nullable().optional(),
  tags: Tags.optional(),
})
export type CreateTask = z.infer<typeof CreateTask>

export const TaskKey = z.strictObject({ id: TaskId })
export type TaskKey = z.infer<typeof TaskKey>

/** A write that needs no more than to know which task. */
export const TaskWrite = z.strictObject({ id: TaskId, expectedVersion: ExpectedVersion })
export type TaskWrite = z.infer<typeof TaskWrite>

/** A field that is absent stays as it is; `null` clears it. */
export const UpdateTask = z.strictObject({
  id: TaskId,
  expectedVersion: ExpectedVersion,
  title: Title.optional(),
  description: Description.nullable().optional(),
  completed: z.boolean().optional(),
  priority: Priority.nullable().optional(),
  dueDate: DueDate.nullable().optional(),
  tags: Tags.nullable().optional(),
})
export type UpdateTask = z.infer<typeof UpdateTask>

/** The whole task: a field that is absent gets the value that it has in a new task. */
export const ReplaceTask = UpdateTask.extend({ title: Title })
export type ReplaceTask = z.infer<typeof ReplaceTask>

/** A task that is gone for good. */
export const PurgedTask = z.object({ id: z.string() })

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
    /** Due earlier than this day. */
    dueBefore: DueDate.optional(),
    /** Due later than this day. */
    dueAfter: DueDate.optional(),
    dueOn: DueDate.optional(),
    /** Open and due before `today`; `false` for all others. */
    overdue: z.boolean().optional(),
    /** The caller's day, for `overdue`. Default: the day in UTC. */
    today: DueDate.optional(),
    /** Changed at this instant or later. */
    updatedSince: Instant.optional(),
    /**
     * Whole words of title and description, all of them. `"a phrase"`, `or` and `-not` are understood. More
     * than 2000 matches are not ranked: the newest come first.
     */
    search: text({ lengthMin: 1, lengthMax: taskLimits.searchLengthMax }).optional(),
    /** Adds a `snippet` to each task that was found by `search`. */
    highlight: z.boolean().default(false),
    /** The tasks in the trash instead of the others. */
    trashed: z.boolean().default(false),
    /** `relevance` is for `search` only, and its default. Otherwise `createdAt`. */
    sort: TaskSort.optional(),
    order: z.enum(['asc', 'desc']).default('desc'),
    limit: z.int().min(1).max(taskLimits.pageLimitMax).default(taskLimits.pageLimitDefault),
    /** How many tasks to pass over. Default 0. For far pages `cursor` is faster, and safe from moving rows. */
    offset: z
      .int()
      .min(0)
      .overwrite((offset) => offset + 0)
      .optional(),
    /** The `nextCursor` of a page with the same filters and sort. */
    cursor: z.string().max(4000).optional(),
    /** Whether to count the tasks on all pages. Default: without `cursor`. */
    includeTotal: z.boolean().optional(),
    /** `compact` leaves the descriptions out. */
    fields: z.enum(['full', 'compact']).default('full'),
  })
  .check(({ value, issues }) => {
    const refuse = (name: keyof typeof value, message: string) =>
      issues.push({ code: 'custom', path: [name], input: value[name], message })
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
export const ListedTask = Task.partial({ description: true }).extend({
  /** Where the words stand, in the order of the text. Plain text: escape it as any other. */
  snippet: z.array(SnippetPart).optional(),
})
export type ListedTask = z.infer<typeof ListedTask>

export const TaskList = z.object({
  tasks: z.array(ListedTask),
  /** Gives the next page. `null` on the last one. */
  nextCursor: z.string().nullable(),
  limit: z.number(),
  /** How many tasks the filters match, on all pages. */
  total: z.number().optional(),
  /** Absent where a `cursor` was given. */
  offset: z.number().optional(),
})
export type TaskList = z.infer<typeof TaskList>

/** `today` is the caller's day, by default the day in UTC. */
export const CountTasks = z.strictObject({ today: DueDate.optional() }).prefault({})

const Count = z.number()

/** How many tasks there are. All but `trashed` leave the trash out. */
export const TaskCounts = z.object({
  total: Count,
  open: Count,
  completed: Count,
  /** Open and due before today. */
  overdue: Count,
  /** Open and due today. */
  dueToday: Count,
  trashed: Count,
  /** Of the open tasks. */
  byPriority: z.object({ low: Count, medium: Count, high: Count, urgent: Count, none: Count }),
})
export type TaskCounts = z.infer<typeof TaskCounts>

/** One operation of a batch: the name of a procedure, and its input. */
export const BatchOperation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.literal('create'), input: CreateTask }),
  z.strictObject({ op: z.literal('update'), input: UpdateTask }),
  z.strictObject({ op: z.literal('replace'), input: ReplaceTask }),
  z.strictObject({ op: z.literal('complete'), input: TaskWrite }),
  z.strictObject({ op: z.literal('reopen'), input: TaskWrite }),
  z.strictObject({ op: z.literal('delete'), input: TaskWrite }),
  z.strictObject({ op: z.literal('restore'), input: TaskWrite }),
])
export type BatchOperation = z.infer<typeof BatchOperation>

/** Up to 100 operations, in their order. Each is checked by itself, so that a malformed one fails alone. */
export const BatchTasks = z.strictObject({
  /** `true`: all or nothing. `false`: each on its own. */
  atomic: z.boolean(),
  operations: z.array(z.custom<z.input<typeof BatchOperation>>()).max(taskLimits.batchOperationsMax),
})
export type BatchTasks = z.infer<typeof BatchTasks>

const [firstReason, ...otherReasons] = Object.keys(reasons) as [Reason, ...Reason[]]

/** What became of the operation at `index`, counted from 0. */
export const BatchResult = z.discriminatedUnion('ok', [
  z.object({ index: z.number(), ok: z.literal(true), task: Task }),
  z.object({
    index: z.number(),
    ok: z.literal(false),
    reason: z.enum([firstReason, ...otherReasons]),
    message: z.string(),
    issues: z
      .array(z.object({ path: z.array(z.union([z.string(), z.number()])), message: z.string() }))
      .optional(),
    /** The task as it is now, with `VERSION_CONFLICT` and `TASK_ID_TAKEN`. */
    task: Task.optional(),
  }),
])
export type BatchResult = z.infer<typeof BatchResult>

export const BatchResults = z.object({ results: z.array(BatchResult) })

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

export const TaskChange = z.discriminatedUnion('type', [
  z.object({ seq: z.number(), type: z.literal('upsert'), task: Task }),
  z.object({ seq: z.number(), type: z.literal('delete'), id: z.string() }),
])
export type TaskChange = z.infer<typeof TaskChange>

export const TaskChanges = z.object({
  /** Each task once, at its newest change. */
  changes: z.array(TaskChange),
  /** What to send as `since` the next time. */
  next: z.number(),
  /** `since` is too old, or not of this feed: load all tasks anew, by `tasks.list`, and go on from `next`. */
  resync: z.boolean(),
})
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
