/** Parquet files as a sink. */
import { resolve } from 'node:path'
import { z } from 'zod'
import { defineSink } from '../define-sink.ts'
import { parquetClient } from './client.ts'
import { ParquetFolder } from './folder.ts'
import { ParquetWriter } from './writer.ts'

const MB = 2 ** 20

const config = z.strictObject({
  folder: z
    .string()
    .min(1)
    .describe(
      'The folder for the files. Its path starts at the working directory. Each sink has one of its own, and it begins empty.',
    ),
  fileMb: z
    .number()
    .positive()
    .max(1_024)
    .default(8)
    .describe(
      'Files are written when those of all folders together have so many MB. Until then they are in memory.',
    ),
  everySeconds: z
    .number()
    .positive()
    .max(86_400)
    .default(300)
    .describe('Files are written when events have waited for so many seconds.'),
})

export const parquet = defineSink({
  name: 'parquet',
  about:
    'Parquet files in folders by date, venue and symbol, for DuckDB, Spark, pandas and others. It needs the package `hyparquet-writer`.',
  config,
  async open({ folder, fileMb, everySeconds }, place) {
    const client = await parquetClient()
    const opened = await ParquetFolder.open(resolve(folder), place)
    return new ParquetWriter(opened, client, { bytesMax: fileMb * MB, flushMs: everySeconds * 1_000 })
  },
})
