import { type DefineCommand, finish, reading } from '../define-command.ts'
import type { ReadOptions } from '../named.ts'
import { PLACES } from '../places-help.ts'

const EXAMPLES = `
${PLACES}

It ends with 0, whether the states differ or not.

Examples:
  outcry diff order/sim:ema-BTCUSDT-1-entry 1 now
  outcry diff position/sim:BTCUSDT seq:1200 seq:1234
  outcry diff account/sim 09:00 10:00 --json | jq .changes
  outcry diff account/sim -- -10m now                     -- keeps -10m from being taken for an option`

export const diff: DefineCommand = (program) =>
  reading(program, 'diff', 'show how the state of an actor differs between two places of its past')
    .argument('<address>', 'such as order/BTCUSDT-7f3a')
    .argument('<a>', 'the place to begin at')
    .argument('<b>', 'the place to compare it with; one before it goes back in time')
    .addHelpText('after', EXAMPLES)
    .action(async (address: string, a: string, b: string, options: ReadOptions) =>
      finish((await import('../command-diff.ts')).diff(address, a, b, options)),
    )
