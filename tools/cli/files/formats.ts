/** The formats of exported events. */
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { parquetClient } from '../../../src/sinks/parquet/client.ts'
import { ParquetFile } from '../../../src/sinks/parquet/file.ts'
import { CSV_HEAD, csvLine, eventsOfCsv } from './csv.ts'
import { eventsOfLines } from './json-lines.ts'
import { ledgerLine } from './ledger.ts'
import { eventsOfParquet } from './parquet-rows.ts'

/** A file that grows by events. What it returns are its next bytes. */
export interface EventFile {
  add(envelope: EventEnvelope): string | Uint8Array
  end(): string | Uint8Array
}

export interface Format {
  /** The ending of the names of its files. */
  readonly extension: string
  /** False when it is of no use to somebody who reads it as it comes. */
  readonly isText: boolean
  /** Resolves with a function that begins a file. @throws SINK_CLIENT_MISSING */
  open(): Promise<() => EventFile>
  /** Yields the events of such a file. Absent where it is for others to read. @throws FILE_UNREADABLE, SINK_CLIENT_MISSING */
  events?(path: string): AsyncGenerator<EventEnvelope>
}

const LINE_END = '\n'

export const FORMATS = {
  jsonl: {
    extension: '.jsonl',
    isText: true,
    open: async () => () => lines((envelope) => JSON.stringify(envelope)),
    events: eventsOfLines,
  },
  csv: {
    extension: '.csv',
    isText: true,
    open: async () => () => lines(csvLine, CSV_HEAD),
    events: eventsOfCsv,
  },
  parquet: {
    extension: '.parquet',
    isText: false,
    open: async () => {
      const client = await parquetClient()
      return () => parquetFile(new ParquetFile(client))
    },
    events: eventsOfParquet,
  },
  ledger: {
    extension: '.ledger.jsonl',
    isText: true,
    open: async () => {
      let count = 0
      return () => lines((envelope) => ledgerLine(envelope, ++count))
    },
  },
} as const satisfies Readonly<Record<string, Format>>

export type FormatName = keyof typeof FORMATS

function lines(lineOf: (envelope: EventEnvelope) => string, head?: string): EventFile {
  let isBegun = head === undefined
  const begin = () => {
    if (isBegun) return ''
    isBegun = true
    return `${head}${LINE_END}`
  }
  return {
    add: (envelope) => `${begin()}${lineOf(envelope)}${LINE_END}`,
    end: begin,
  }
}

function parquetFile(file: ParquetFile): EventFile {
  return {
    add(envelope) {
      file.add(envelope)
      if (!file.isDue) return ''
      file.encode()
      return file.drain()
    },
    end: () => file.end(),
  }
}
