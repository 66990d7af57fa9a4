/** Events for sinks, without a log that they are of. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { SinkEvent } from '../../../src/sinks/event.ts'
import { COMPRESSORS } from '../../../src/sinks/parquet/compression.ts'

const DAY_MS = 86_400_000

/** Returns an event of a record, with its seq. Its symbol and its day change with the seq. */
export function envelope(seq: number, index = 0): EventEnvelope {
  const symbol = seq % 5 === 0 ? null : seq % 2 === 0 ? 'BTCUSDT' : 'ETH/USDT'
  const actor = `order/sim:o-${seq}`
  return {
    eventId: `${actor}/1/${index}`,
    index,
    type: 'ORDER_FILLED',
    at: 1_723_161_255_343 + Math.floor(seq / 8) * DAY_MS,
    seq,
    actor,
    correlation: `c-${seq}`,
    cause: seq === 1 ? null : seq - 1,
    venue: symbol && 'sim',
    symbol,
    instrument: null,
    strategy: 'ema',
    source: 'order@7',
    event: { type: 'ORDER_FILLED', lastPx: `${seq}.10`, lastQty: '0.1', note: 'ä \ud800' },
  }
}

export function sinkEvent(seq: number, index = 0): SinkEvent {
  return new SinkEvent(envelope(seq, index))
}

/** Returns the paths of all files that a reader of `**` and `.parquet` finds. */
export function parquetFiles(folder: string): string[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder, { recursive: true }) as string[]
  return names.filter((name) => name.endsWith('.parquet')).sort()
}

/** Resolves with the rows of all files, in the order of the log. */
export async function rowsIn(folder: string): Promise<Record<string, unknown>[]> {
  const rows: Record<string, unknown>[] = []
  for (const name of parquetFiles(folder)) {
    const { buffer, byteOffset, byteLength } = readFileSync(join(folder, name))
    const file = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer
    rows.push(...(await parquetReadObjects({ file, compressors: COMPRESSORS })))
  }
  const placeOf = (row: Record<string, unknown>) => Number(row.seq) * 100 + Number(row.index)
  return rows.sort((a, b) => placeOf(a) - placeOf(b))
}
