import type { Command } from 'commander'

/** A command with what every command takes. */
export function addCommand(parent: Command, usage: string, summary: string): Command {
  return parent
    .command(usage)
    .description(summary)
    .option('--json', 'print JSON for programs; all else goes to standard error')
    .option('--url <url>', 'the server (default: TASKLANE_URL, or that of the last sign-in)')
}
