import type { InspectOptions } from '../command-inspect.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'
import { speedOf } from '../option-values.ts'
import { PLACES } from '../places-help.ts'

const EXAMPLES = `
${PLACES}

Examples:
  outcry inspect order/sim:ema-BTCUSDT-1-entry            the whole life
  outcry inspect order/sim:ema-BTCUSDT-1-entry --at 3     its third record, with the states before and after
  outcry inspect position/sim:BTCUSDT --from 09:00 --to 09:10 --speed 10x`

export const inspect: DefineCommand = (program) =>
  reading(program, 'inspect', "show an actor's past life in the tools of Stately, until Ctrl-C")
    .argument('<address>', 'such as order/BTCUSDT-7f3a')
    .option('--from <place>', 'first record')
    .option('--to <place>', 'last record (default: now)')
    .option('--at <place>', 'the one record at a place instead')
    .option(
      '--speed <factor>',
      'play with the pauses that there were, so many times as fast: 1x, 10x, ... (default: max, at once)',
      speedOf,
    )
    .addHelpText('after', EXAMPLES)
    .action(async (address: string, options: InspectOptions) =>
      finish((await import('../command-inspect.ts')).inspect(address, options)),
    )
