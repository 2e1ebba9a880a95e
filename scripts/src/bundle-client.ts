import { bundleClient } from './publish/bundle-client.ts'

await bundleClient()
