/**
 * Events as rows of CSV (RFC 4180), with the columns of Parquet files. A text without anything is `""`, and a null is nothing, so
 * both are read back as they were. Times are ISO 8601, UTC.
 */
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { COLUMNS } from '../../../src/sinks/parquet/columns.ts'
import { type Cell, csvRows } from './csv-rows.ts'
import { envelopeOf, type Row } from './row.ts'
import { unreadable, unreadableBy } from './unreadable.ts'

export const CSV_HEAD = COLUMNS.map(({ name }) => name).join(',')

/** Returns an event as a row, without the end of the line. */
export function csvLine(envelope: EventEnvelope): string {
  return COLUMNS.map(({ type, of }) => {
    const value = of(envelope) ?? null
    if (value === null) return ''
    return cell(type === 'TIMESTAMP' ? timeText(value as number) : String(value))
  }).join(',')
}

function cell(text: string): string {
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** A time that has no date is a number. */
function timeText(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime()) ? String(at) : date.toISOString()
}

/** Yields the events of a file. Its columns may have another order. @throws FILE_UNREADABLE */
export async function* eventsOfCsv(path: string): AsyncGenerator<EventEnvelope> {
  let names: readonly string[] | undefined
  try {
    for await (const { line, cells } of csvRows(path)) {
      if (names === undefined) names = namesIn(path, cells)
      else yield envelopeIn(`${path}:${line}`, names, cells)
    }
  } catch (error) {
    throw unreadableBy(path, error)
  }
}

function namesIn(path: string, cells: readonly Cell[]): readonly string[] {
  const missing = COLUMNS.find(({ name }) => !cells.includes(name))
  if (missing !== undefined) throw unreadable(path, `has no column ${missing.name} in its first row`)
  return cells.map(String)
}

function envelopeIn(place: string, names: readonly string[], cells: readonly Cell[]): EventEnvelope {
  const row = Object.fromEntries(names.map((name, i) => [name, cells[i] ?? null]))
  const isWhole =
    cells.length === names.length && COLUMNS.every(({ name, required }) => !required || row[name] !== null)
  try {
    if (isWhole) {
      const envelope = envelopeOf({ ...row, at: { getTime: () => timeIn(row.at as string) } } as Row)
      if ([envelope.seq, envelope.at, envelope.index].every(Number.isFinite)) return envelope
    }
  } catch {}
  throw unreadable(place, 'is no event, as `outcry export` writes it')
}

function timeIn(text: string): number {
  return /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text)
}
