import { z } from 'zod'
import { bounded, storable, text } from '../../text.ts'

/** Limits of a task's fields and of a page. Lengths in code points. */
export const taskLimits = {
  titleLengthMax: 500,
  descriptionLengthMax: 16_000,
  tagsMax: 20,
  tagLengthMax: 50,
  pageLimitMax: 100,
  pageLimitDefault: 20,
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

/** A field that is absent stays as it is; `null` clears it. */
export const UpdateTask = z.strictObject({
  id: TaskId,
  title: Title.optional(),
  description: Description.nullable().optional(),
  completed: z.boolean().optional(),
  priority: Priority.nullable().optional(),
  dueDate: DueDate.nullable().optional(),
  tags: Tags.nullable().optional(),
})
export type UpdateTask = z.infer<typeof UpdateTask>

export const TaskSort = z.enum(['createdAt', 'updatedAt', 'dueDate', 'priority', 'title'])
export type TaskSort = z.infer<typeof TaskSort>

/** Newest first by default. Ties are ordered by id; tasks without the sorted field come last. */
export const ListTasks = z
  .strictObject({
    completed: z.boolean().optional(),
    priority: Priority.optional(),
    sort: TaskSort.default('createdAt'),
    order: z.enum(['asc', 'desc']).default('desc'),
    limit: z.int().min(1).max(taskLimits.pageLimitMax).default(taskLimits.pageLimitDefault),
    offset: z
      .int()
      .min(0)
      .overwrite((offset) => offset + 0)
      .default(0),
  })
  .prefault({})
export type ListTasks = z.infer<typeof ListTasks>

export const TaskList = z.object({
  tasks: z.array(Task),
  /** How many tasks the filters match, on all pages. */
  total: z.number(),
  limit: z.number(),
  offset: z.number(),
})
export type TaskList = z.infer<typeof TaskList>
