/** One mail, in plain text. */
export interface Mail {
  to: string
  subject: string
  text: string
}

/** Where mail leaves. The server sends it by SMTP, or prints it in development. */
export interface Mailer {
  /** Rejects when the mail could not be handed over. */
  send(mail: Mail): Promise<void>
  /** Where the pages are that the links of mails open, such as `https://app.example.com`. */
  appUrl: string
}
