import { expect, it } from 'vitest'
import { runInProcess } from '../fixtures/terminal.ts'
import { securityReportProgram } from './program.ts'

it.each([
  ['--window-minutes', '0'],
  ['--window-minutes', '50000'],
  ['--failures-min', 'many'],
  ['--failures-min', ''],
  ['--failures-min', '1.5'],
])('refuses %s %j by its name, before it opens a database', async (option, value) => {
  const { code, complained } = await runInProcess(securityReportProgram, { args: [option, value] })
  expect(complained.startsWith(`${option}: `)).toBe(true)
  expect(code).toBe(2)
})
