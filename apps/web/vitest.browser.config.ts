import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The built app and a real server, in a real browser. One file after the other, and nothing is tried twice. */
export default defineConfig({
  test: {
    include: ['browser/**/*.test.ts'],
    globalSetup: [fileURLToPath(new URL('./browser/stack.ts', import.meta.url))],
    fileParallelism: false,
    isolate: false,
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/test-results.json' }]],
    retry: 0,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
