import { InvalidArgumentError } from 'commander'
import type { WhyOptions } from '../command-why.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry why order/sim:ema-BTCUSDT-1-entry      why it is in its state: from the tick to its last change, and on
  outcry why 1234                               why this record happened
  outcry why 1234 --depth 2                     only what it caused, and what that caused
  outcry why 1234 --json | jq '.guards.asked'   the guards with all that they read

✓ marks a guard that passed, ✗ one that refused; the values are those that it read.`

export const why: DefineCommand = (program) =>
  reading(program, 'why', 'explain a record: what began it, which guards decided by what, and what it led to')
    .argument(
      '<address|seq>',
      'seq of a record, or an actor, whose last record is explained that changed or said something',
    )
    .option('--depth <n>', 'how many steps of what it led to (default: all)', depthOf)
    .addHelpText('after', EXAMPLES)
    .action(async (of: string, options: WhyOptions) =>
      finish((await import('../command-why.ts')).why(of, options)),
    )

/** Most steps that `--depth` may ask for, as over HTTP. */
const DEPTH_MAX = 1_000

function depthOf(text: string): number {
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= DEPTH_MAX) return Number(text)
  throw new InvalidArgumentError(`It is a number from 1 to ${DEPTH_MAX}.`)
}
