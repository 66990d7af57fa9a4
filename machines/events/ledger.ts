/** Events of ledgers: the entries that are imported, and what is emitted of each. */
import { z } from 'zod'
import { byHand, epochMs, remark } from '../model/fields.ts'
import { event, ofTrade } from './shape.ts'

/** Most characters of the texts that name an entry. */
const TEXT_MAX = 1_024
/** Most entries of one message. */
export const ENTRIES_MAX = 1_000

const json = z.unknown().meta({ title: 'json' })

/** An entry of a ledger, as the program that wrote the ledger has it. */
export const ledgerEntryFields = {
  eventId: z.string().min(1).max(TEXT_MAX).describe("The ledger's own id of the event."),
  eventType: z.string().min(1).max(TEXT_MAX).describe("The ledger's own type of the event."),
  timestamp: z
    .union([z.string().min(1).max(TEXT_MAX), z.number()])
    .describe('The time of the event, as the ledger writes it.'),
  sequenceNum: z.int().nonnegative().describe('The place in the ledger. It grows from entry to entry.'),
  payload: json.describe('The facts of the event.'),
  metadata: json.optional().describe('What the ledger says besides.'),
}
const entry = z.object(ledgerEntryFields)
const EXAMPLE_ENTRY = {
  eventId: 'e-7',
  eventType: 'order.filled',
  timestamp: '2024-08-08T23:54:15.343Z',
  sequenceNum: 7,
  payload: { venue: 'binance', symbol: 'BTCUSDT', price: '61837.64', quantity: '0.5' },
  metadata: { source: 'oms' },
}
export type LedgerEntry = z.infer<typeof entry>

export const importEntries = z
  .object({
    type: z.literal('IMPORT_ENTRIES'),
    at: epochMs,
    by: byHand,
    reason: remark.optional().describe('The reason, for the log.'),
    entries: z.array(entry).min(1).max(ENTRIES_MAX).describe('Entries, in order.'),
  })
  .describe(
    'Takes entries of a ledger. Those up to the last one that it has are left out, so it may be repeated.',
  )
  .meta({ examples: [{ type: 'IMPORT_ENTRIES', entries: [EXAMPLE_ENTRY] }] })

export const ledgerEntry = event(
  'LEDGER_ENTRY',
  {
    at: epochMs,
    ledger: z.string().describe('The name of the ledger.'),
    ...ledgerEntryFields,
    venue: z.string().optional().describe('The venue that the payload names.'),
    symbol: z.string().optional().describe('The symbol that the payload names.'),
    ...ofTrade,
  },
  {
    at: 1_723_161_255_343,
    ledger: 'book',
    ...EXAMPLE_ENTRY,
    venue: 'binance',
    symbol: 'BTCUSDT',
  },
).describe('An entry of a ledger of another program was imported.')
