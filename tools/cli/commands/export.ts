import { Option } from 'commander'
import { SEVERITIES } from '../../../src/runtime/events/envelope.ts'
import type { ExportOptions } from '../command-export.ts'
import { type DefineCommand, finish, reading } from '../define-command.ts'
import { PLACES } from '../places-help.ts'

const EXAMPLES = `
${PLACES}

Examples:
  outcry export --out events.jsonl                        all events, one JSON object a line
  outcry export ORDER_FILLED --symbol BTCUSDT --out fills.csv
  outcry export --folder events --format parquet          files by date, venue and symbol, for DuckDB and others
  outcry export --from seq:1000 --to seq:2000 | jq .type
  outcry export --format ledger --kind ledger --out book.jsonl`

export const exportCommand: DefineCommand = (program) =>
  reading(program, 'export', 'write the events of a log to files')
    .argument('[types...]', 'types such as ORDER_FILLED, or topics such as events.order_filled.sim.*')
    .addOption(
      new Option(
        '--format <format>',
        "format of the files (default: by the ending of --out, or 'jsonl')",
      ).choices(['jsonl', 'csv', 'parquet', 'ledger']),
    )
    .option('--out <file>', 'one file (default: stdout)')
    .option('--folder <folder>', 'a folder with a file for each day, venue and symbol')
    .option('--kind <kind>', 'events of actors of this kind, such as order')
    .option('--venue <venue>', 'events of this venue')
    .option('--symbol <symbol>', 'events of this symbol, as its venue writes it')
    .option('--instrument <instrument>', 'events of this instrument, such as BTC/USDT')
    .option('--strategy <id>', 'events of this strategy')
    .addOption(
      new Option('--severity <least>', 'events of this severity or a graver one').choices(SEVERITIES),
    )
    .option('--from <place>', 'the first record whose events are written')
    .option('--to <place>', 'the last one')
    .addHelpText('after', EXAMPLES)
    .action(async (types: string[], options: ExportOptions) =>
      finish((await import('../command-export.ts')).exportEvents(types, options)),
    )
