export type { AppOptions } from './app-server.ts'
export {
  createPageSessions,
  type PageSession,
  pageSessionHeader,
  readPageSession,
  writePageSession,
} from './page-session.ts'
export { sessionCookieName } from './session-cookie.ts'
export { createSessionProxy } from './session-proxy.ts'
