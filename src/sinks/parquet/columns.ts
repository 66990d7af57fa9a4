/** The columns of an event in a file. */
import type { EventEnvelope } from '../../runtime/events/envelope.ts'

export type Value = string | number | null | undefined

export interface Column {
  readonly name: string
  readonly type: 'STRING' | 'INT32' | 'INT64' | 'TIMESTAMP'
  readonly required?: true
  /** True when a reader leaves out parts of a file by it, so that each part says from where to where it goes. */
  readonly ranged?: true
  /** True when hardly two rows have the same value. Looking for repeated ones costs more than it saves. */
  readonly unique?: true
  readonly of: (envelope: EventEnvelope) => Value
}

/**
 * Fields of events that people filter and sum, each a column. They are text, as in the event, because a decimal has as
 * many places as the venue gave it: a float would lose some, and a fixed number of places, too.
 */
const FIELDS = {
  side: 'side',
  last_px: 'lastPx',
  last_qty: 'lastQty',
  commission: 'commission',
  commission_asset: 'commissionAsset',
  realized_pnl: 'realizedPnl',
  equity: 'equity',
} as const

export const COLUMNS: readonly Column[] = [
  { name: 'seq', type: 'INT64', required: true, ranged: true, of: ({ seq }) => seq },
  { name: 'index', type: 'INT32', required: true, of: ({ index }) => index },
  { name: 'event_id', type: 'STRING', required: true, unique: true, of: ({ eventId }) => eventId },
  { name: 'type', type: 'STRING', required: true, ranged: true, of: ({ type }) => type },
  { name: 'at', type: 'TIMESTAMP', required: true, ranged: true, of: ({ at }) => Math.floor(at) },
  { name: 'actor', type: 'STRING', required: true, ranged: true, of: ({ actor }) => actor },
  { name: 'correlation', type: 'STRING', required: true, of: ({ correlation }) => correlation },
  { name: 'cause', type: 'INT64', of: ({ cause }) => cause },
  { name: 'venue', type: 'STRING', of: ({ venue }) => venue },
  { name: 'symbol', type: 'STRING', of: ({ symbol }) => symbol },
  { name: 'instrument', type: 'STRING', of: ({ instrument }) => instrument },
  { name: 'strategy', type: 'STRING', of: ({ strategy }) => strategy },
  { name: 'source', type: 'STRING', required: true, of: ({ source }) => source },
  { name: 'severity', type: 'STRING', of: ({ severity }) => severity },
  { name: 'by', type: 'STRING', of: ({ by }) => by },
  { name: 'request', type: 'STRING', of: ({ request }) => request },
  ...Object.entries(FIELDS).map(([name, field]): Column => {
    return { name, type: 'STRING', of: ({ event }) => textOf(event[field]) }
  }),
  { name: 'event', type: 'STRING', required: true, unique: true, of: ({ event }) => JSON.stringify(event) },
]

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null
}
