/** The formats of exported events. */
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { parquetClient } from '../../../src/sinks/parquet/client.ts'
import { COLUMNS } from '../../../src/sinks/parquet/columns.ts'
import { ParquetFile } from '../../../src/sinks/parquet/file.ts'
import { ledgerLine } from './ledger.ts'

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
}

const LINE_END = '\n'

export const FORMATS = {
  jsonl: {
    extension: '.jsonl',
    isText: true,
    open: async () => () => lines((envelope) => JSON.stringify(envelope)),
  },
  csv: {
    extension: '.csv',
    isText: true,
    open: async () => () => lines(csvLine, COLUMNS.map(({ name }) => name).join(',')),
  },
  parquet: {
    extension: '.parquet',
    isText: false,
    open: async () => {
      const client = await parquetClient()
      return () => parquetFile(new ParquetFile(client))
    },
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

/** Returns an event as a row of CSV (RFC 4180). Its time is ISO 8601, UTC. */
function csvLine(envelope: EventEnvelope): string {
  return COLUMNS.map(({ type, of }) => {
    const value = of(envelope) ?? ''
    return cell(type === 'TIMESTAMP' ? new Date(value).toISOString() : String(value))
  }).join(',')
}

function cell(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
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
