/** Reads exported events back: a file, or a folder of files by date, venue and symbol. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { compact } from '../../../errors/compact.ts'
import type { EventEnvelope, Severity } from '../../../src/runtime/events/envelope.ts'
import type { AnyEvent } from '../../../src/runtime/record/record.ts'
import { parquetReader } from '../../../src/sinks/parquet/client.ts'
import { COMPRESSORS } from '../../../src/sinks/parquet/compression.ts'
import { dateOf, partitionOf } from '../../../src/sinks/parquet/partition.ts'
import { OutcryError } from '../../../store/index.ts'
import type { EventReader } from '../readers/reader.ts'
import { eventTest, type WantedEvents } from '../wanted-events.ts'
import { textLines } from './text-lines.ts'

/** Rows of a Parquet file that are in memory at a time. */
const ROWS = 10_000
const DATE = /(?:^|[\\/])date=(\d{4}-\d\d-\d\d)[\\/]/

/**
 * Yields the wanted events of a file or a folder, in the order of the log. Files of other days, venues and symbols are
 * not read.
 * @throws FILE_UNREADABLE, SINK_CLIENT_MISSING
 */
export async function* exportedEvents(
  path: string,
  wanted: WantedEvents,
  onLook: () => void,
): AsyncGenerator<EventEnvelope> {
  const isWanted = eventTest(wanted)
  const last: EventEnvelope[] = []
  for await (const envelope of merged(filesOf(path, wanted))) {
    onLook()
    if (!isWanted(envelope)) continue
    if (wanted.tail === undefined) yield envelope
    else if (last.push(envelope) > wanted.tail) last.shift()
  }
  yield* last
}

interface ExportedFile {
  readonly path: string
  /** No event of it is of an earlier record. */
  readonly fromSeq: number
}

function filesOf(path: string, { filter }: WantedEvents): ExportedFile[] {
  if (!existsSync(path)) throw unreadable(path, 'is not there')
  if (!statSync(path).isDirectory()) return [{ path, fromSeq: 0 }]
  const { from, to, venue, symbol } = filter
  const [first, last] = [from, to].map((at) => at && dateOf(at))
  const place = partitionOf({ at: 0, venue: venue ?? null, symbol: symbol ?? null }).split('/')
  const isPossible = (name: string) => {
    const parts = name.split(/[\\/]/)
    const date = DATE.exec(`/${name}`)?.[1]
    if (date !== undefined && ((first && date < first) || (last && date > last))) return false
    if (venue !== undefined && parts.length > 3 && parts.at(-3) !== place[1]) return false
    return symbol === undefined || parts.length <= 3 || parts.at(-2) === place[2]
  }
  const names = (readdirSync(path, { recursive: true }) as string[]).filter((name) =>
    /\.(jsonl|parquet)$/.test(name),
  )
  if (names.length === 0) throw unreadable(path, 'has no .jsonl and no .parquet file')
  return names
    .filter(isPossible)
    .map((name) => ({ path: join(path, name), fromSeq: Number(/^(\d+)-/.exec(basename(name))?.[1] ?? 0) }))
    .sort((a, b) => a.fromSeq - b.fromSeq)
}

interface Source {
  head: EventEnvelope
  readonly rest: AsyncIterator<EventEnvelope>
}

/** Yields the events of all files in the order of the log. A file is opened when its first event may be the next. */
async function* merged(files: ExportedFile[]): AsyncGenerator<EventEnvelope> {
  const sources: Source[] = []
  for (;;) {
    let first = earliest(sources)
    while (files[0] !== undefined && (first === undefined || files[0].fromSeq <= first.head.seq)) {
      const rest = eventsIn((files.shift() as ExportedFile).path)
      const head = await rest.next()
      if (!head.done) sources.push({ head: head.value, rest })
      first = earliest(sources)
    }
    if (first === undefined) return
    yield first.head
    const next = await first.rest.next()
    if (next.done) sources.splice(sources.indexOf(first), 1)
    else first.head = next.value
  }
}

function earliest(sources: readonly Source[]): Source | undefined {
  let first: Source | undefined
  for (const source of sources)
    if (first === undefined || placeOf(source.head) < placeOf(first.head)) first = source
  return first
}

function placeOf({ seq, index }: EventEnvelope): number {
  return seq + index / 2 ** 20
}

function eventsIn(path: string): AsyncGenerator<EventEnvelope> {
  return path.endsWith('.parquet') ? rowsIn(path) : linesIn(path)
}

async function* linesIn(path: string): AsyncGenerator<EventEnvelope> {
  try {
    for await (const { number, text } of textLines(path)) yield envelopeIn(path, number, text)
  } catch (error) {
    if (error instanceof OutcryError) throw error
    throw unreadable(path, `cannot be read: ${(error as Error).message}`)
  }
}

function envelopeIn(path: string, number: number, line: string): EventEnvelope {
  try {
    const value = JSON.parse(line) as EventEnvelope
    if (typeof value.event.type === 'string' && typeof value.seq === 'number') return value
  } catch {}
  throw unreadable(`${path}:${number}`, 'is no event, as `outcry export` writes it')
}

async function* rowsIn(path: string): AsyncGenerator<EventEnvelope> {
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
    throw unreadable(path, `cannot be read: ${(error as Error).message}`)
  }
}

/** Returns the envelope that a row was made of. */
function envelopeOf(row: Readonly<Record<string, unknown>>): EventEnvelope {
  const text = (name: string) => (row[name] as string | null) ?? undefined
  const event = JSON.parse(row.event as string) as AnyEvent
  return {
    eventId: row.event_id as string,
    index: Number(row.index),
    type: row.type as string,
    at: (row.at as Date).getTime(),
    seq: Number(row.seq),
    actor: row.actor as string,
    correlation: row.correlation as string,
    cause: row.cause === null ? null : Number(row.cause),
    venue: row.venue as string | null,
    symbol: row.symbol as string | null,
    instrument: row.instrument as string | null,
    strategy: row.strategy as string | null,
    source: row.source as string,
    ...compact({
      by: text('by'),
      request: text('request'),
      severity: text('severity') as Severity | undefined,
    }),
    event,
  }
}

function unreadable(what: string, rule: string): OutcryError {
  return new OutcryError(
    'FILE_UNREADABLE',
    `${what} ${rule}`,
    'Name a file or a folder that `outcry export` or a sink has written.',
  )
}

/** Returns what `outcry events` asks of a log, of a file or a folder. */
export function fileReader(path: string): EventReader {
  return {
    source: path,
    seq: undefined,
    head: async () => {
      throw new OutcryError(
        'PLACE_INVALID',
        'a file has no present time',
        'Write a whole time beside --file, such as 2026-11-27T09:00:00Z.',
      )
    },
    events: (wanted, _isFollowed, onLook = () => {}) => exportedEvents(path, wanted, onLook),
    close: async () => {},
  }
}
