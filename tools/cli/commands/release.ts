import type { ReleaseOptions } from '../command-release.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry release emaCross/ema-BTCUSDT --by ann --reason "the feed is whole again"`

export const release: DefineCommand = (program) =>
  reading(program, 'release', 'let an actor out of quarantine, of a running runner too')
    .helpGroup('Commands:')
    .argument('<address>', 'such as emaCross/ema-BTCUSDT')
    .option('--by <name>', 'your name, for the log')
    .option('--reason <text>', 'the reason, for the log')
    .addHelpText('after', EXAMPLES)
    .action(async (address: string, options: ReleaseOptions) =>
      finish((await import('../command-release.ts')).release(address, options)),
    )
