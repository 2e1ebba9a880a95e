import { mailTokenTtlSeconds } from './mail-tokens.ts'
import type { Mail } from './mailer.ts'

interface Link {
  to: string
  appUrl: string
  token: string
}

const minutes = mailTokenTtlSeconds / 60

/** The token stands behind `#`: it reaches neither the page's server nor anybody's log. */
const linkTo = (page: string, { appUrl, token }: Link) => `${appUrl}/${page}#token=${token}`

export function verificationMail(link: Link): Mail {
  return {
    to: link.to,
    subject: 'Confirm your email address',
    text: `Open this link to confirm that this address is yours. It works once, for ${minutes} minutes.

${linkTo('verify-email', link)}

If you did not ask for this, do nothing.
`,
  }
}

export function passwordResetMail(link: Link): Mail {
  return {
    to: link.to,
    subject: 'Choose a new password',
    text: `Open this link to choose a new password. It works once, for ${minutes} minutes.

${linkTo('reset-password', link)}

If you did not ask for this, do nothing: your password stays as it is.
`,
  }
}

/** Tells the owner what happened, in case it was not them. */
export function passwordChangedMail({ to }: { to: string }): Mail {
  return {
    to,
    subject: 'Your password was changed',
    text: `Your password was changed. Other devices were signed out.

If this was not you, ask for a new password at once.
`,
  }
}

export function emailChangedMail({ to }: { to: string }): Mail {
  return {
    to,
    subject: 'Your email address was changed',
    text: `Your account has another email address now. Mail goes there from now on.

If this was not you, write to whoever runs this server.
`,
  }
}
