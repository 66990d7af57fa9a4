import type { StateOptions } from '../command-state.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry state                                   accounts and strategies as they are
  outcry state --at 09:00                        as they were, on the day on which the log ends
  outcry state --seq 1234 --json | jq .accounts  as they were after that record`

export const state: DefineCommand = (program) =>
  reading(program, 'state', 'show accounts and strategies, now or at a moment of the past')
    .option(
      '--at <time>',
      'ISO 8601 with its zone, such as 2026-11-27T09:00:00Z, epoch milliseconds, 09:00 or -10m',
    )
    .option('--seq <seq>', 'the place in the log instead of a time')
    .addHelpText('after', EXAMPLES)
    .action(async (options: StateOptions) => finish((await import('../command-state.ts')).state(options)))
