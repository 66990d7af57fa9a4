/** Reads exported events back: a file, or a folder of files by date, venue and symbol. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { EventEnvelope } from '../../../src/runtime/events/envelope.ts'
import { dateOf, partitionOf } from '../../../src/sinks/parquet/partition.ts'
import { OutcryError } from '../../../store/index.ts'
import type { EventReader } from '../readers/reader.ts'
import { eventTest, type WantedEvents } from '../wanted-events.ts'
import { FORMATS, type Format } from './formats.ts'
import { eventsOfLines } from './json-lines.ts'
import { unreadable } from './unreadable.ts'

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
    READ.some(({ extension }) => name.endsWith(extension)),
  )
  if (names.length === 0)
    throw unreadable(path, `has no file of these: ${READ.map(({ extension }) => extension).join(', ')}`)
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

/** The formats that are read back. */
const READ: readonly Format[] = Object.values<Format>(FORMATS).filter(({ events }) => events !== undefined)

/** Yields the events of a file, by the ending of its name. Any other name is one of JSON lines. */
function eventsIn(path: string): AsyncGenerator<EventEnvelope> {
  const { events = eventsOfLines } = READ.find(({ extension }) => path.endsWith(extension)) ?? {}
  return events(path)
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
