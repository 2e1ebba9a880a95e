import type {} from 'vitest'
import { defineConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    testArguments?: Record<string, string>
  }
}

const [, ...given] = process.argv.slice(process.argv.lastIndexOf('--'))

/** The long form of a test: `npm run test:fire -- --seconds 60 --seed 7` gives it `seconds` and `seed`. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    provide: { ...shared.test?.provide, testArguments: argumentsOf(given) },
    reporters: ['default'],
  },
})

function argumentsOf([name, value, ...others]: string[]): Record<string, string> {
  if (name === undefined) return {}
  if (!name.startsWith('--') || value === undefined)
    throw new Error(`Not an argument with its value: ${name}`)
  return { [name.slice(2)]: value, ...argumentsOf(others) }
}
