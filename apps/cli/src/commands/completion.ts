import { Argument, type Command } from 'commander'

const shells = ['bash', 'zsh', 'fish'] as const

/**
 * Completes commands, options and their values in a shell. `complete` is what the shell's script calls with
 * what was typed so far.
 */
export function addCompletion(program: Command, commands: () => Command): void {
  program
    .command('completion')
    .description('print the completions for a shell')
    .addArgument(new Argument('<shell>').choices(shells))
    .addHelpText(
      'after',
      `
  bash   source <(tasklane completion bash)      (needs the package bash-completion)
  zsh    source <(tasklane completion zsh)
  fish   tasklane completion fish | source
Put the line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.`,
    )
    .action(async (shell: (typeof shells)[number]) => {
      const { default: describe } = await import('@bomb.sh/tab/commander')
      describe(commands()).setup('tasklane', 'tasklane', shell)
    })
  program
    .command('complete [typed...]', { hidden: true })
    .helpOption(false)
    .allowUnknownOption()
    .action(async (typed: string[]) => {
      const { default: describe } = await import('@bomb.sh/tab/commander')
      describe(commands()).parse(typed)
    })
}
