import { InvalidArgumentError } from 'commander'
import type { RecordOptions } from '../command-record.ts'
import { type DefineCommand, finish } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry record day --market binance --symbol BTCUSDT            until Ctrl-C
  outcry record day --config market.yaml --speed max             a simulated market, to its end

\`outcry run --market recording --file day/*.ws.gz\` plays it back.`

function amountOf(text: string): number {
  const amount = Number(text)
  if (amount > 0 && amount <= 1e6) return amount
  throw new InvalidArgumentError('It is a number above 0, up to 1000000.')
}

export const record: DefineCommand = (program) =>
  program
    .command('record')
    .description('write what a market says, live or simulated, as captures that play back as a recording')
    .argument('<folder>', 'folder for the captures and the listing of the market')
    .option('-c, --config <file>', 'YAML configuration with a section market')
    .option('-m, --market <source>', 'an adapter with a market, such as sim or binance')
    .option('--symbol <name...>', 'symbol of a live market; may be repeated')
    .option('-s, --speed <factor>', 'of a simulated market: 1 is real time, max is as fast as possible')
    .option('--seed <n>', 'seed of the simulated market')
    .option('--file-mb <n>', 'a new file begins after so many MB, compressed', amountOf, 256)
    .option('--file-minutes <n>', 'a new file begins after so many minutes', amountOf, 60)
    .option('--json', 'summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (folder: string, options: RecordOptions) =>
      finish((await import('../command-record.ts')).record(folder, options)),
    )
