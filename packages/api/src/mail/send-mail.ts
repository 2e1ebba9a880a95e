import type { Context } from '../context.ts'
import type { Mail } from './mailer.ts'

/** Sends a mail without letting the caller wait for it. */
export function sendMail({ background, mailer }: Pick<Context, 'background' | 'mailer'>, mail: Mail): void {
  background.run('send mail', async () => await mailer?.send(mail))
}
