import tab from '@bomb.sh/tab/commander'
import type { DefineCommand } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry completion bash > /etc/bash_completion.d/outcry
  source <(outcry completion zsh)
  outcry completion fish > ~/.config/fish/completions/outcry.fish`

/** Completes the commands and options that the program has when this is called: so it is the last in the list. */
export const completion: DefineCommand = (program) => {
  tab(program, { completionCommandName: 'completion' })
  const [command = program] = program.commands.filter((one) => one.name() === 'completion')
  return command
    .description("print a script that completes outcry's commands and options in a shell")
    .helpGroup('Set up:')
    .addHelpText('after', EXAMPLES)
}
