export type {
  ErrorData,
  InputIssue,
  ListedTask,
  Reason,
  Task,
  TaskChange,
  TaskChanges,
  TaskList,
  User,
} from '@tasklane/api/contract'
export type { AppRouter } from '@tasklane/api/router'
export { applyChanges, type TaskState } from './apply-changes.ts'
export { type BrowserStoreOptions, browserStore, type StringStorage } from './browser-store.ts'
export { type ClientOptions, createClient, type TasklaneClient } from './create-client.ts'
export { currentTaskOf, issuesOf, reasonOf } from './errors.ts'
export { memoryStore } from './memory-store.ts'
export type { Session, SessionStore } from './session.ts'
export { type TabStoreOptions, tabStore } from './tab-store.ts'
export type { TasklaneInputs, TasklaneOutputs } from './types.ts'
export type { WatchOptions, WatchTasks } from './watch-tasks.ts'
