import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { parquetReader } from '../../../src/sinks/parquet/client.ts'
import { COMPRESSORS } from '../../../src/sinks/parquet/compression.ts'
import { envelopeOf } from './row.ts'
import { unreadableBy } from './unreadable.ts'

/** Rows that are in memory at a time. */
const ROWS = 10_000

/** Yields the events of a Parquet file. @throws FILE_UNREADABLE, SINK_CLIENT_MISSING */
export async function* eventsOfParquet(path: string): AsyncGenerator<EventEnvelope> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } = await parquetReader()
  try {
    const file = await asyncBufferFromFile(path)
    const metadata = await parquetMetadataAsync(file)
    const count = Number(metadata.num_rows)
    for (let rowStart = 0; rowStart < count; rowStart += ROWS) {
      const rowEnd = Math.min(count, rowStart + ROWS)
      const rows = await parquetReadObjects({ file, metadata, rowStart, rowEnd, compressors: COMPRESSORS })
      yield* rows.map(envelopeOf)
    }
  } catch (error) {
    throw unreadableBy(path, error)
  }
}
