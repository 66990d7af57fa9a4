/**
 * Encodes transition records as rows of one JSON array. Values that repeat are in tables of the commit, and numbers
 * that grow by little are written as differences. This takes half the bytes of plain JSON, and is faster to write.
 */
import type { RecordCodec } from '../../../store/store.ts'
import type { Origin, StateValue, TransitionRecord } from './record.ts'
import { RowScan } from './row-scan.ts'
import { decode as decodeValues, encode as encodeValues, isEncoded } from './values.ts'

/** The fields that most records lack, unchanged except for the name of the source. */
type Rest = Omit<Partial<TransitionRecord>, 'origin'> & { origin?: [source: number, position: number] }

type Row = [
  actor: number,
  rev: number,
  /** Milliseconds after the page's `at`. */
  at: number,
  machine: number,
  from: number,
  to: number,
  /** The seq minus the cause's seq. 0 when no record caused this one. */
  cause: number,
  /** Turns after the row before. */
  turn: number,
  /** 0: the same as in the row before. 1: made from this record's own seq. */
  correlation: 0 | 1 | string,
  event: TransitionRecord['event'],
  rest?: Rest,
]

interface Page {
  readonly at: number
  readonly turn: number
  /** Names of actors, machines and sources. */
  readonly names: readonly string[]
  readonly states: readonly (StateValue | null)[]
  readonly rows: readonly Row[]
}

/** Names that pages have for fields which records call otherwise. A new name of a field changes no log. */
const ON_DISK: Readonly<Record<string, string>> = { completes: 'settles', canceled: 'cancelled' }
const IN_RECORDS = new Map(Object.entries(ON_DISK).map(([inRecords, onDisk]) => [onDisk, inRecords]))
const RENAMED = [...IN_RECORDS.keys()]

/** Number of a page's fields. */
const FIELDS = 5
/** The start of the page's last field, its rows. */
const ROWS = ',"rows":['

export const recordCodec: RecordCodec<TransitionRecord> = {
  name: 'transitions',
  encode,
  decode,
  ofPlain: (entry) => (isRenamed(entry) ? renamed(entry) : entry) as TransitionRecord,
}

export function correlationOf(seq: number): string {
  return `c-${seq}`
}

function encode(records: readonly TransitionRecord[]): string {
  const first = records[0] as TransitionRecord
  const names = new Table<string>()
  const states = new Table<StateValue | null>()
  // Differences of whole numbers are exact.
  const base = records.every(({ at }) => Number.isSafeInteger(at)) ? first.at : 0
  let { turn } = first
  let correlation: string | undefined
  const rows = records.map((record): Row => {
    const row: Row = [
      names.indexOf(record.actor),
      record.rev,
      record.at - base,
      names.indexOf(record.machine),
      states.indexOf(record.from, stateKey(record.from)),
      states.indexOf(record.to, stateKey(record.to)),
      record.cause === null ? 0 : record.seq - record.cause,
      record.turn - turn,
      record.correlation === correlation
        ? 0
        : record.correlation === correlationOf(record.seq)
          ? 1
          : record.correlation,
      record.event,
    ]
    const rest = restOf(record, names)
    if (rest !== undefined) row.push(rest)
    turn = record.turn
    correlation = record.correlation
    return row
  })
  const page: Page = { at: base, turn: first.turn, names: names.entries, states: states.entries, rows }
  return JSON.stringify(encodeValues(page))
}

function decode(text: string, firstSeq: number, only?: string): TransitionRecord[] {
  const rowsAt = text.indexOf(ROWS)
  // Quotes inside a text are escaped, so this match is the page's own field.
  if (only !== undefined && rowsAt >= 0 && !isEncoded(text)) return decodeOf(only, text, rowsAt, firstSeq)
  const parsed = JSON.parse(text) as Page
  if (Object.keys(parsed).length > FIELDS) throw new SyntaxError('a page has more than its fields')
  const page = isEncoded(text) ? decodeValues(parsed) : parsed
  const wanted = only === undefined ? undefined : page.names.indexOf(only)
  const records: TransitionRecord[] = []
  let { turn } = page
  let correlation = ''
  for (const [i, row] of page.rows.entries()) {
    const seq = firstSeq + i
    turn += row[7]
    const named = row[8]
    if (named !== 0) correlation = named === 1 ? correlationOf(seq) : named
    if (wanted === undefined || row[0] === wanted) records.push(recordOf(page, row, seq, turn, correlation))
  }
  return records
}

/** Returns the records of one actor. `rowsAt` is the start of the page's last field. @throws SyntaxError */
function decodeOf(actor: string, text: string, rowsAt: number, firstSeq: number): TransitionRecord[] {
  const page = JSON.parse(`${text.slice(0, rowsAt)}}`) as Omit<Page, 'rows'>
  const wanted = page.names.indexOf(actor)
  const records: TransitionRecord[] = []
  const rows = new RowScan(text, rowsAt + ROWS.length - 1)
  let { turn } = page
  let seq = firstSeq
  /** The place of the last correlation that a row names, and that row's seq. */
  let namedAt = -1
  let namedSeq = 0
  for (; rows.next(); seq++) {
    turn += rows.turns
    if (text[rows.correlationAt] !== '0') {
      namedAt = rows.correlationAt
      namedSeq = seq
    }
    if (rows.actor !== wanted) continue
    const named = namedAt < 0 ? '' : RowScan.valueAt(text, namedAt)
    const correlation = typeof named === 'string' ? named : correlationOf(namedSeq)
    records.push(recordOf(page, rows.parsed() as Row, seq, turn, correlation))
  }
  // Rows that the scan did not reach would be a gap.
  if (!rows.isAtEnd) throw new SyntaxError('a page does not end with its rows')
  return records
}

function recordOf(
  { at, names, states }: Omit<Page, 'rows'>,
  [actor, rev, after, machine, from, to, cause, , , event, rest]: Row,
  seq: number,
  turn: number,
  correlation: string,
): TransitionRecord {
  const record = {
    seq,
    rev,
    actor: names[actor] as string,
    at: at + after,
    event,
    from: states[from] as StateValue | null,
    to: states[to] as StateValue,
    cause: cause === 0 ? null : seq - cause,
    correlation,
    machine: names[machine] as string,
    turn,
  }
  return rest === undefined ? record : Object.assign(record, restored(rest, names))
}

/** The fields that every record has. The others come after them. */
const COMMON = new Set<string>([
  'seq',
  'rev',
  'actor',
  'at',
  'event',
  'from',
  'to',
  'cause',
  'correlation',
  'machine',
  'turn',
] satisfies (keyof TransitionRecord)[])

function restOf(record: TransitionRecord, names: Table<string>): Rest | undefined {
  let rest: Record<string, unknown> | undefined
  for (const key in record) {
    if (COMMON.has(key)) continue
    rest ??= {}
    rest[ON_DISK[key] ?? key] = record[key as keyof TransitionRecord]
  }
  if (record.origin !== undefined)
    rest!.origin = [names.indexOf(record.origin.source), record.origin.position]
  return rest
}

function restored(stored: Rest, names: readonly string[]): Partial<TransitionRecord> {
  const rest = isRenamed(stored) ? renamed(stored) : stored
  if (rest.origin === undefined) return rest as Partial<TransitionRecord>
  const [source, position] = rest.origin
  const origin: Origin = { source: names[source] as string, position }
  return { ...rest, origin }
}

/** Returns whether a field has another name on the disk than in records. */
function isRenamed(stored: object): boolean {
  return RENAMED.some((name) => Object.hasOwn(stored, name))
}

function renamed<T extends object>(stored: T): T {
  const entries = Object.entries(stored).map(([name, value]) => [IN_RECORDS.get(name) ?? name, value])
  return Object.fromEntries(entries) as T
}

/** Returns a key that is equal for equal state values. */
function stateKey(value: StateValue | null): unknown {
  return typeof value === 'object' ? JSON.stringify(value) : value
}

/** Values, in the order of their first use. */
class Table<T> {
  readonly entries: T[] = []
  readonly #places = new Map<unknown, number>()

  indexOf(value: T, key: unknown = value): number {
    const place = this.#places.get(key)
    if (place !== undefined) return place
    this.#places.set(key, this.entries.length)
    return this.entries.push(value) - 1
  }
}
