import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'

const EXAMPLES = `
Examples:
  outcry verify                    the log of ./data and the books beside it
  outcry verify --config bot.yaml  with the strategies of a run`

export const verify: DefineCommand = (program) =>
  reading(program, 'verify', 'replay the whole log and compare every state, snapshot and the live state')
    .addHelpText('after', EXAMPLES)
    .action(async (options: ReadOptions) => finish((await import('../command-verify.ts')).verify(options)))
