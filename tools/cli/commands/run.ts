import type { RunOptions } from '../command-run.ts'
import { type DefineCommand, finish, repeated } from '../define-command.ts'

const EXAMPLES = `
Examples:
  outcry run                                            a simulated market, at its own pace, with its page
  outcry run --seed 7 --speed max --no-server           the same market as fast as possible
  outcry run --market recording --file day.ws.gz        a recording
  outcry run --config bot.yaml --data bot               a bot of your own`

export const run: DefineCommand = (program) =>
  program
    .command('run')
    .description('trade until the market ends or Ctrl-C')
    .option('-c, --config <file>', 'YAML configuration')
    .option('-d, --data <folder>', 'folder of the log (default: data)')
    .option('--store-id <id>', 'short id of a new log: 4 characters of 0-9 and a-z (default: random)')
    .option('-m, --market <source>', 'an adapter with a market, such as sim, recording or binance')
    .option('--symbol <name...>', 'symbol of a live market; may be repeated')
    .option('-f, --file <capture...>', 'recording to play; several are merged by time')
    .option('-s, --speed <factor>', '1 is real time, max is as fast as possible')
    .option('--seed <n>', 'seed of the simulated market')
    .option('--host <address>', 'host to listen on (default: 127.0.0.1)')
    .option('-p, --port <n>', 'port to listen on (default: 7077)')
    .option('--no-server', 'without page, API and feed')
    .option(
      '--machines <module>',
      'module of a strategy that the log has and the configuration no longer names; may be repeated',
      repeated,
    )
    .option('--accept-changes', 'go on with machines that changed without a new version')
    .option('--json', 'summary as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: RunOptions) => finish((await import('../command-run.ts')).run(options)))
