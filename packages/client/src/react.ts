export { createTasklaneApi, type TasklaneApi } from './react/api.ts'
export {
  forgetUser,
  type LiveTasksOptions,
  TasklaneProvider,
  type TasklaneProviderProps,
  useLiveTasks,
  useTaskConflicts,
  useTasklane,
  useTasklaneClient,
  useTaskWrites,
  useUnsavedTasks,
} from './react/provider.ts'
export { createQueryClient } from './react/query-client.ts'
export type { TaskConflict } from './react/task-conflicts.ts'
export type { TaskWish } from './react/task-wish.ts'
export type { TaskWrites } from './react/task-writes.ts'
