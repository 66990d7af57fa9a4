/** Events as rows of a Parquet file. */
import type { EventEnvelope } from '../../runtime/events/envelope.ts'
import type { Client } from './client.ts'
import { COLUMNS, type Column, type Value } from './columns.ts'
import { COMPRESSION, compress } from './compression.ts'

/** Rows that are encoded at once. */
export const ROW_GROUP = 1_000
/** Columns that are encoded at once. A group of all of them takes some ms. */
const COLUMNS_AT_ONCE = 4
/** Bytes that a file has room for at first. */
const FIRST_BYTES = 2 ** 14
/** Bytes that a row takes besides its texts, about. */
const ROW_BYTES = 400

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
    return this.#bytes.index + this.#waitingBytes
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
    for (const _ of this.encoding());
  }

  /** Does the same in steps, each of which takes less than a ms. Nothing is added before the last one. */
  *encoding(): Generator<void> {
    const [columns, rows] = [this.#columns, this.#waiting]
    if (rows === 0) return
    this.#columns = COLUMNS.map(() => [])
    this.#waiting = 0
    this.#waitingBytes = 0
    const first = this.#writer.row_groups.length
    for (let from = 0; from < COLUMNS.length; from += COLUMNS_AT_ONCE) {
      const columnData = COLUMNS.slice(from, from + COLUMNS_AT_ONCE).map(
        ({ name, type, ranged = false, unique = false }, i) => ({
          name,
          data: encodedAs(type, unique, columns[from + i] as Value[]) as Value[],
          statistics: ranged,
          offsetIndex: false,
          ...(unique && { encoding: 'PLAIN' as const }),
        }),
      )
      void this.#writer.write({ columnData, rowGroupSize: rows })
      yield
    }
    this.#join(first, BigInt(rows))
  }

  /** Makes one group of those from `first` on, of which the writer believes that each has rows of its own. */
  #join(first: number, rows: bigint): void {
    const parts = this.#writer.row_groups.splice(first)
    const sum = (bytes: (part: (typeof parts)[number]) => bigint) =>
      parts.reduce((all, part) => all + bytes(part), 0n)
    this.#writer.row_groups.push({
      columns: parts.flatMap(({ columns }) => columns),
      total_byte_size: sum((part) => part.total_byte_size),
      total_compressed_size: sum((part) => part.total_compressed_size ?? 0n),
      num_rows: rows,
    })
    this.#writer.num_rows -= sum(({ num_rows }) => num_rows) - rows
  }

  /** Returns the bytes that it has so far, and forgets them: for a file that is larger than what may be in memory. */
  drain(): Uint8Array {
    const bytes = this.#bytes.getBytes().slice()
    this.#bytes.index = 0
    return bytes
  }

  /** Returns the whole file, or what is behind the last `drain`. Nothing is added to it any more. */
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
