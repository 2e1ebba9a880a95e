import { createSessionProxy } from '@tasklane/client/next'
import { appOptions } from '../../../tasklane-server.ts'

const proxy = createSessionProxy(appOptions)

export { proxy as GET, proxy as POST }
