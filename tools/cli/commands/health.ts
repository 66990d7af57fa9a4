import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'

const EXAMPLES = `
It ends with 1 when actors are in quarantine, or a part of the runner has failed or is not well.

Examples:
  outcry health                              of the runner that holds ./data
  outcry health --json | jq .commits.p99Ms   the same figures, as one JSON object`

export const health: DefineCommand = (program) =>
  reading(
    program,
    'health',
    'show how a running runner keeps up: its commits, its feed, its markets, its parts',
  )
    .addHelpText('after', EXAMPLES)
    .action(async (options: ReadOptions) => finish((await import('../command-health.ts')).health(options)))
