import { fileURLToPath } from 'node:url'
import type {} from 'vitest'
import { defineConfig } from 'vitest/config'

declare module 'vitest' {
  export interface ProvidedContext {
    testDatabaseUrl: string
  }
}

const conditions = ['@tasklane/source', 'module', 'node', 'development']

/** Every package's test run: from source, with the database of `TEST_DATABASE_URL` or the embedded one. */
export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions } },
  test: {
    provide: { testDatabaseUrl: process.env['TEST_DATABASE_URL'] ?? '' },
    include: ['src/**/*.test.ts'],
    globalSetup: [fileURLToPath(new URL('./vitest.database.ts', import.meta.url))],
    reporters: ['default', ['json', { outputFile: 'node_modules/.cache/test-results.json' }]],
    // Files share modules, which keep nothing that another file could notice: PostgreSQL's WebAssembly is compiled
    // once, and not for each.
    isolate: false,
    // Rows and answers are short-lived. With V8's 16 MB for what is new, tidying takes a tenth of the time.
    execArgv: ['--max-semi-space-size=64'],
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
})
