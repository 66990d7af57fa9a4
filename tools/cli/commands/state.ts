import type { StateOptions } from '../command-state.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'
import { MOMENTS } from '../places-help.ts'

const EXAMPLES = `
${MOMENTS}

Examples:
  outcry state                                      accounts and strategies as they are
  outcry state --at 09:00                           as they were, on the day on which the log ends
  outcry state --at seq:1234 --json | jq .accounts  as they were after that record`

export const state: DefineCommand = (program) =>
  reading(program, 'state', 'show accounts and strategies, now or at a moment of the past')
    .option('--at <place>', 'the place in the log, or a time (default: now)')
    .option('--seq <seq>', 'the same as --at seq:<seq>')
    .addHelpText('after', EXAMPLES)
    .action(async (options: StateOptions) => finish((await import('../command-state.ts')).state(options)))
