import { Option } from 'commander'
import type { ActorsOptions } from '../command-actors.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry actors                                     all actors, counted by kind and state
  outcry actors order/sim:ema                       those whose address begins so
  outcry actors --kind order --state filled         orders in a state: its name, or a path such as execution.filled
  outcry actors --symbol BTC/USDT --tag working     a symbol in any writing: BTCUSDT, sim:BTCUSDT
  outcry actors --condition failing --changed-since -1h
  outcry actors --kind order --json | jq -r .address`

export const actors: DefineCommand = (program) =>
  reading(program, 'actors', 'list the actors and their states')
    .argument('[prefix]', 'prefix of their addresses, such as order/', '')
    .option('--kind <kind>', 'actors of this kind, such as order')
    .option('--name <text>', 'actors whose address has this text in it, in either case')
    .option('--end <text>', 'actors whose address ends so, such as 2-stop')
    .option('--state <state>', 'actors in this state, such as filled or execution.filled')
    .option('--tag <tag>', 'actors in a state with this tag')
    .option('--symbol <symbol>', 'actors of this symbol')
    .addOption(
      new Option('--condition <condition>', 'actors that are so').choices([
        'quarantined',
        'restarting',
        'failing',
        'failed',
        'open',
        'ended',
      ]),
    )
    .option(
      '--changed-since <time>',
      'actors whose last record is not older: ISO 8601 with its zone, epoch milliseconds, 09:00 or -10m',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (prefix: string, options: ActorsOptions) =>
      finish((await import('../command-actors.ts')).actors(prefix, options)),
    )
