import type { ReplayOptions } from '../command-replay.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'
import { speedOf, tailOf } from '../option-values.ts'
import { PLACES } from '../places-help.ts'

const EXAMPLES = `
${PLACES}

Examples:
  outcry replay order/sim:ema-BTCUSDT-1-entry --context   the whole life, with what each record changed
  outcry replay account/sim --tail 20 --follow            the last 20 records, and then each new one, until Ctrl-C
  outcry replay symbol/sim:BTCUSDT --from 09:00 --to 09:01 --speed 10x
  outcry replay list/sim:ema-BTCUSDT-1 --changed stopPx   where its stop moved, and from what to what
  outcry replay position/sim:BTCUSDT --at seq:1234        the position as it was after that record
  outcry replay position/sim:BTCUSDT --at -10m --json     as one JSON object`

export const replay: DefineCommand = (program) =>
  reading(program, 'replay', "tell an actor's life, or show the actor as it was")
    .argument('<address>', 'such as order/BTCUSDT-7f3a')
    .option('--from <place>', 'first record')
    .option('--to <place>', 'last record')
    .option('--tail <n>', 'the last n of them', tailOf)
    .option('--follow', 'go on with new records, until Ctrl-C; of a closed log, once a runner holds it')
    .option(
      '--speed <factor>',
      'play with the pauses that there were, so many times as fast: 1x, 10x, ... (default: max, at once)',
      speedOf,
    )
    .option('--at <place>', 'show the state, context, children and timers at a place instead')
    .option('--context', 'show what each record changed')
    .option(
      '--changed <path>',
      'only the records that changed the state there, such as stopPx; with =value, only where it became that',
    )
    .addHelpText('after', EXAMPLES)
    .action(async (address: string, options: ReplayOptions) =>
      finish((await import('../command-replay.ts')).replay(address, options)),
    )
