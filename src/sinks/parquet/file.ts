/** Events as rows of a Parquet file. */
import type { EventEnvelope } from '../../runtime/events/envelope.ts'
import type { Client } from './client.ts'
import { COMPRESSION, compress } from './compression.ts'

/** Rows that are encoded at once. */
export const ROW_GROUP = 1_000
/** Bytes that a file has room for at first. */
const FIRST_BYTES = 2 ** 14
/** Bytes that a row takes besides its texts, about. */
const ROW_BYTES = 400

type Value = string | number | null | undefined

interface Column {
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

/**
 * A Parquet file in memory, which grows with each event. Rows are encoded in groups as they come, so that a file that is
 * written has little left to encode, and takes a tenth of the memory of its events.
 */
export class ParquetFile {
  readonly #bytes: InstanceType<Client['ByteWriter']>
  readonly #writer: InstanceType<Client['ParquetWriter']>
  /** The rows that are not encoded yet, by column. */
  #columns: Value[][] = COLUMNS.map(() => [])
  #waiting = 0
  #waitingBytes = 0
  /** seq of the first and of the last row. */
  fromSeq: number | undefined
  toSeq = 0

  constructor({ ByteWriter, ParquetWriter, schemaFromColumnData }: Client) {
    this.#bytes = new ByteWriter(FIRST_BYTES)
    const columnData = COLUMNS.map(({ name, type, required }) => ({
      name,
      type,
      data: [],
      nullable: required !== true,
    }))
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: schemaFromColumnData({ columnData }),
      createdBy: 'outcry',
      codec: COMPRESSION,
      compressors: { [COMPRESSION]: compress },
    })
  }

  /** Bytes in memory, about. */
  get bytes(): number {
    return this.#bytes.offset + this.#waitingBytes
  }

  /** True when the rows that wait make a group. */
  get isDue(): boolean {
    return this.#waiting >= ROW_GROUP
  }

  add(envelope: EventEnvelope): void {
    this.fromSeq ??= envelope.seq
    this.toSeq = envelope.seq
    this.#waiting++
    this.#waitingBytes += ROW_BYTES
    for (const [i, { of }] of COLUMNS.entries()) {
      const value = of(envelope) ?? null
      if (typeof value === 'string') this.#waitingBytes += value.length
      this.#columns[i]?.push(value)
    }
  }

  /** Encodes the rows that wait. It takes some ms for a group, during which nothing else goes on in the process. */
  encode(): void {
    if (this.#waiting === 0) return
    void this.#writer.write({
      columnData: COLUMNS.map(({ name, type, ranged = false, unique = false }, i) => ({
        name,
        data: encodedAs(type, unique, this.#columns[i] as Value[]) as Value[],
        statistics: ranged,
        offsetIndex: false,
        ...(unique && { encoding: 'PLAIN' as const }),
      })),
      rowGroupSize: this.#waiting,
    })
    this.#columns = COLUMNS.map(() => [])
    this.#waiting = 0
    this.#waitingBytes = 0
  }

  /** Returns the whole file. Nothing is added to it any more. */
  end(): Uint8Array {
    this.encode()
    void this.#writer.finish()
    return this.#bytes.getBytes()
  }
}

/** Returns the values as the package takes them at the least cost: a text that repeats is the same bytes. */
function encodedAs(type: Column['type'], isUnique: boolean, values: Value[]): unknown[] {
  if (type === 'INT64') return values.map((value) => (value === null ? null : BigInt(value as number)))
  if (type !== 'STRING') return values
  if (isUnique) return values.map((value) => (typeof value === 'string' ? Buffer.from(value) : null))
  const known = new Map<Value, Uint8Array | null>([[null, null]])
  return values.map((value) => {
    let bytes = known.get(value)
    if (bytes === undefined) {
      bytes = Buffer.from(value as string)
      known.set(value, bytes)
    }
    return bytes
  })
}
