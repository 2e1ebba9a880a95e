import { defineConfig } from 'vitest/config'
import shared from '../../vitest.shared.ts'

/** 25 hours from the first to the last: while it is noon in UTC, each has another date. */
const timeZones = ['Pacific/Kiritimati', 'UTC', 'Pacific/Niue']
const testsOfDates = 'src/**/due-dates.test.ts'

const { globalSetup: _once, reporters: _all, ...test } = shared.test ?? {}

/** The tests of dates run once in each time zone, which their processes start with. All others run where we are. */
export default defineConfig({
  ...shared,
  test: {
    ...shared.test,
    projects: [
      { ...shared, test: { ...test, name: 'api', exclude: [testsOfDates] } },
      ...timeZones.map((timeZone) => ({
        ...shared,
        test: {
          ...test,
          name: timeZone,
          include: [testsOfDates],
          env: { TZ: timeZone },
          provide: { ...test.provide, timeZone },
        },
      })),
    ],
  },
})
