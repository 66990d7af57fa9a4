/** A stretch of the log in few points. Its cost depends on the points and the marks, and not on the records. */
import { compact } from '../../../errors/compact.ts'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import { Pace } from '../../../store/leveldb/pace.ts'
import type { Interruptible, ReadOptions, SeqAtOptions } from '../../../store/store.ts'
import type { EventEnvelope } from '../../runtime/events/envelope.ts'
import type { EventHistoryOptions } from '../../runtime/events/event-history.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Timeline } from '../contract/timeline.ts'

type Point = Timeline['points'][number]
type Mark = NonNullable<Point['marks']>[number]

/** Most events that are looked at for all points and types together. */
const LOOKED_MAX = 20_000

/**
 * Records of a point on average from which on it ends with a commit. Otherwise each point takes the reading of a commit,
 * and those of a long log are in as many files of the archive.
 */
const ROUGH_FROM = 1_000

/** The log as a time line reads it: of a running supervisor, or of a closed store. */
export interface TimedLog {
  /** The last durable seq. */
  readonly seq: number
  seqAt(at: number, options?: SeqAtOptions): Promise<number>
  read(options: ReadOptions): AsyncIterable<TransitionRecord>
  events(options: EventHistoryOptions): AsyncIterable<EventEnvelope>
}

export interface Stretch {
  /** Times in epoch ms. Default: the whole log. */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly points: number
  /** Types of events that are counted. */
  readonly mark: readonly string[]
  /** Types of events of which each point has the last one. */
  readonly follow: readonly string[]
  /** Only events of this actor. */
  readonly actor?: string | undefined
}

/** @throws READ_ABORTED, STORE_CORRUPT */
export async function timelineOf(
  log: TimedLog,
  { points: count, mark, follow, actor, ...wanted }: Stretch,
  options: Interruptible = {},
): Promise<Timeline> {
  const head = log.seq
  const first = await firstOf(log, options)
  const from = wanted.from ?? first?.at ?? 0
  const to = Math.max(from, wanted.to ?? (await timeAt(log, head, options)) ?? from)
  const fromSeq = wanted.from === undefined ? (first?.seq ?? 1) - 1 : Math.min(head, await log.seqAt(from))
  const toSeq = wanted.to === undefined ? head : Math.min(head, await log.seqAt(to))
  const isRough = (toSeq - fromSeq) / count >= ROUGH_FROM
  const points: Point[] = []
  const looks = { left: LOOKED_MAX }
  const pace = new Pace({ ...options, inBackground: true })
  let before = fromSeq
  for (let i = 1; i <= count; i++) {
    const rest = pace.step()
    if (rest !== undefined) await rest
    const at = i === count ? to : from + ((to - from) * i) / count
    // The log's time may go back, and a point never does.
    const seq = Math.max(
      before,
      i === count ? toSeq : Math.min(toSeq, await seqAt(log, at, { isRough }, before)),
    )
    const last =
      seq === before
        ? []
        : await lastOf(log, looks, follow, actor, { fromSeq: before + 1, toSeq: seq, ...options })
    points.push({ at, seq, records: seq - before, ...compact({ last: last.length > 0 ? last : undefined }) })
    before = seq
  }
  const marked = await marksOf(log, looks, mark, actor, points, {
    fromSeq: fromSeq + 1,
    toSeq: before,
    ...options,
  })
  return { from, to, fromSeq, toSeq: before, ...marked, isPartial: looks.left <= 0 }
}

async function firstOf(log: TimedLog, options: Interruptible): Promise<TransitionRecord | undefined> {
  for await (const record of log.read({ limit: 1, ...options })) return record
  return undefined
}

/** Returns the seq at a time. The log's time may go back, so that of its first record may lie before a cut. */
async function seqAt(log: TimedLog, at: number, options: SeqAtOptions, before: number): Promise<number> {
  try {
    return await log.seqAt(at, options)
  } catch (error) {
    if (isOutcryError(error, 'LOG_CUT')) return before
    throw error
  }
}

async function timeAt(log: TimedLog, seq: number, options: Interruptible): Promise<number | undefined> {
  for await (const { at } of log.read({ fromSeq: seq, toSeq: seq, ...options })) return at
  return undefined
}

/** The events that may still be looked at. */
interface Looks {
  left: number
}

type Range = Pick<EventHistoryOptions, 'fromSeq' | 'toSeq' | 'signal'>

/** Returns the last event of each type in a range, in the order of the log. */
async function lastOf(
  log: TimedLog,
  looks: Looks,
  types: readonly string[],
  actor: string | undefined,
  range: Range,
): Promise<EventEnvelope[]> {
  const found: EventEnvelope[] = []
  for (const type of types) {
    if (looks.left <= 0) break
    for await (const envelope of log.events({ ...range, type, reverse: true, inBackground: true })) {
      if (--looks.left <= 0) break
      if (actor !== undefined && envelope.actor !== actor) continue
      found.push(envelope)
      break
    }
  }
  return found.sort((a, b) => a.seq - b.seq)
}

/** Returns the points with their marks. The newest events are counted first. */
async function marksOf(
  log: TimedLog,
  looks: Looks,
  types: readonly string[],
  actor: string | undefined,
  points: readonly Point[],
  range: Range & { readonly fromSeq: number },
): Promise<Pick<Timeline, 'points' | 'markedFrom'>> {
  if (types.length === 0) return { points, markedFrom: range.fromSeq }
  const marks: Map<string, Mark>[] = points.map(() => new Map())
  let markedFrom = range.fromSeq
  let i = points.length - 1
  for await (const envelope of log.events({
    ...range,
    types: [...types],
    reverse: true,
    inBackground: true,
  })) {
    const { type, seq, actor: by } = envelope
    if (--looks.left <= 0) {
      markedFrom = seq
      break
    }
    if (actor !== undefined && by !== actor) continue
    while (i > 0 && (points[i - 1] as Point).seq >= seq) i--
    const mark = marks[i]?.get(type)
    marks[i]?.set(
      type,
      mark === undefined ? { type, count: 1, seq, actor: by } : { ...mark, count: mark.count + 1 },
    )
  }
  return {
    points: points.map((point, i) => {
      const of = [...(marks[i]?.values() ?? [])]
      return of.length === 0 ? point : { ...point, marks: of }
    }),
    markedFrom,
  }
}
