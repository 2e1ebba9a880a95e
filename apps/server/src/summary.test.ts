import { expect, it } from 'vitest'
import { parseEnv } from './env.ts'
import { summary } from './summary.ts'

it('names the database server, the mail server and the source of the secret, and shows neither password nor secret', () => {
  const env = parseEnv({
    DATABASE_URL: 'postgres://user:hunter2@db.example.com:5433/tasks',
    JWT_SECRET: 'hbsZKk3dYPP0oUv5b0xRzOqPSoqSpt2EwHqvNwUTP1c=',
    SMTP_URL: 'smtp://user:hunter2@mail.example.com:2525',
    MAIL_FROM: 'no-reply@example.com',
  })
  const text = summary({ env, url: 'http://127.0.0.1:3000' })
  expect(text).toContain('Data      db.example.com:5433\n')
  expect(text).toContain('Secret    from the environment\n')
  expect(text).toContain('Mail      mail.example.com:2525\n')
  expect(text).not.toMatch(/hunter2|hbsZKk3d/)
})

it.each([
  ['http://0.0.0.0:3000', 'http://127.0.0.1:3000'],
  ['http://[::]:3000', 'http://[::1]:3000'],
  ['http://192.0.2.1:80', 'http://192.0.2.1:80'],
])('of a server on %s leads to %s, which can be opened', (url, origin) => {
  const text = summary({ env: parseEnv({}), url })
  expect(text).toContain(`API       ${origin}/api\n`)
  expect(text).toContain(`Docs      ${origin}/docs\n`)
  expect(text).toContain(`tRPC      ${origin}/trpc\n`)
  expect(text).toContain(`Health    ${origin}/health\n`)
  expect(text).toContain('Mail      printed here, links included (no SMTP_URL)\n')
  expect(text).toContain(`curl -s ${origin}/api/auth/signup`)
})
