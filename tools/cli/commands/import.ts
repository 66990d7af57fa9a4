import type { ImportOptions } from '../command-import.ts'
import { acting, type DefineCommand, finish } from '../define-command.ts'

const EXAMPLES = `
A line of a ledger is a JSON object with event_id, event_type, timestamp, sequence_num, payload and, if it likes, metadata.
All of the file is checked first: a bad line is named, and nothing is imported. What is imported twice changes nothing.

Examples:
  outcry import book.jsonl                        as ledger/book
  outcry import 2026-11.jsonl --ledger oms --data bot

\`outcry events LEDGER_ENTRY\` lists its entries, and \`outcry export --format ledger --kind ledger\` writes the lines again.`

export const importCommand: DefineCommand = (program) =>
  acting(program, 'import', 'take a ledger of another program into a log, closed or in use')
    .argument('<file>', 'lines of JSON')
    .option('--ledger <name>', 'the name of the ledger (default: that of the file)')
    .addHelpText('after', EXAMPLES)
    .action(async (file: string, options: ImportOptions) =>
      finish((await import('../command-import.ts')).importLedger(file, options)),
    )
