/** Events as rows of a Parquet file. */
import type { EventEnvelope } from '../../runtime/events/envelope.ts'
import type { Client } from './client.ts'
import { COLUMNS, type Column, type Value } from './columns.ts'
import { COMPRESSION, compress } from './compression.ts'

/** Rows that are encoded at once. */
export const ROW_GROUP = 1_000
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
