import { resolve } from 'node:path'
import type { Env } from './env.ts'

/** What a first run tells whoever started it. */
export function summary({ env, url }: { env: Env; url: string }): string {
  const { database, dataDir, jwtSecret, mail } = env
  const origin = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
  const where = database.url ? new URL(database.url).host : `${resolve(dataDir)} (embedded PostgreSQL)`
  const mailTo = mail.smtp ? new URL(mail.smtp.url).host : 'printed here, links included (no SMTP_URL)'
  return `
Tasklane is running.

  API       ${origin}/api
  Docs      ${origin}/docs
  tRPC      ${origin}/trpc
  Health    ${origin}/health
  Data      ${where}
  Secret    ${jwtSecret ? 'from the environment' : `${resolve(dataDir, 'secret')} (made on the first run)`}
  Mail      ${mailTo}

Create an account:

  curl -s ${origin}/api/auth/signup -H 'content-type: application/json' \\
    -d '{"email":"you@example.com","password":"Correct-Horse-1"}'

Stop with Ctrl+C.
`
}
