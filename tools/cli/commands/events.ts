import { Option } from 'commander'
import { SEVERITIES } from '../../../src/runtime/events/envelope.ts'
import type { EventsOptions } from '../command-events.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'
import { speedOf, tailOf } from '../option-values.ts'

const EXAMPLES = `
Examples:
  outcry events                                        the last 50 events
  outcry events ORDER_FILLED ORDER_REJECTED --tail 10  the last 10 of these types
  outcry events 'events.*.sim.BTCUSDT' --follow        a topic: the last 50, and then each new one, until Ctrl-C
  outcry events --strategy ema-BTCUSDT --from 2026-11-27T09:00:00Z --to 2026-11-27T10:00:00Z
  outcry events --count --from -1h                     the number of each type in the last hour
  outcry events --file events --symbol BTCUSDT --speed 10x
  outcry events --severity error --json | jq .event    errors, one JSON object a line`

export const events: DefineCommand = (program) =>
  reading(program, 'events', 'list the events of a log, or follow them as they come')
    .argument('[types...]', 'types such as ORDER_FILLED, or topics such as events.order_filled.sim.*')
    .option('--kind <kind>', 'events of actors of this kind, such as order')
    .option('--venue <venue>', 'events of this venue')
    .option('--symbol <symbol>', 'events of this symbol, as its venue writes it')
    .option('--instrument <instrument>', 'events of this instrument, such as BTC/USDT')
    .option('--strategy <id>', 'events of this strategy')
    .addOption(
      new Option('--severity <least>', 'events of this severity or a graver one').choices(SEVERITIES),
    )
    .option(
      '--from <time>',
      'ISO 8601 with its zone, such as 2026-11-27T09:00:00Z, epoch milliseconds, 09:00 or -10m',
    )
    .option('--to <time>', 'the same')
    .option('--tail <n>', 'the last n of them (default: 50, or all with --from, --count or --file)', tailOf)
    .option('--count', 'count them by type instead')
    .option(
      '--file <path>',
      'events of a file or a folder that `outcry export` or a sink has written, in place of a log',
    )
    .option(
      '--speed <factor>',
      'play with the pauses that there were, so many times as fast: 1x, 10x, ... (default: max, at once)',
      speedOf,
    )
    .option('--follow', 'go on with new events, until Ctrl-C; of a closed log, once a runner holds it')
    .addHelpText('after', EXAMPLES)
    .action(async (types: string[], options: EventsOptions) =>
      finish((await import('../command-events.ts')).events(types, options)),
    )
