import { compact } from '../../errors/compact.ts'
import type { EventEnvelope, Severity } from '../../src/runtime/events/envelope.ts'
import { isPattern } from '../../src/runtime/events/patterns.ts'
import { typeToken } from '../../src/runtime/events/topic.ts'
import { OutcryError } from '../../store/index.ts'
import { colors } from './colors.ts'
import { counted, countText, payloadText, table, timeText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { note, print, printJson, printLines } from './output.ts'
import { timeAt } from './places.ts'
import { played } from './playback.ts'
import { onOneLine } from './printable.ts'
import { Progress } from './progress.ts'
import { openReader } from './reader.ts'
import { awaitRunner } from './runner-client.ts'
import { runnerEvents } from './runner-events.ts'
import type { WantedEvents } from './wanted-events.ts'

export interface EventsOptions extends ReadOptions {
  readonly kind?: string
  readonly venue?: string
  readonly symbol?: string
  readonly instrument?: string
  readonly strategy?: string
  readonly severity?: Severity
  readonly from?: string
  readonly to?: string
  readonly tail?: number
  readonly follow?: boolean
  /** Counts the events instead, by their type. */
  readonly count?: boolean
  /** The speed, as a multiple of what it was; Infinity for at once. */
  readonly speed?: number
  /** Exported events, in place of a log. */
  readonly file?: string
}

/** Events of a log that are listed when neither `--from`, `--count` nor `--tail` says how many. */
const TAIL = 50

/** `outcry events [types...]`: lists or counts the events of a log or of a file, and follows them. */
export async function events(types: readonly string[], options: EventsOptions): Promise<number> {
  const { follow = false, json = false, speed = Number.POSITIVE_INFINITY } = options
  checkBeside(options)
  const { data, modules } = await named(options)
  const reader =
    options.file === undefined
      ? await openReader(data, modules)
      : (await import('./files/exported.ts')).fileReader(options.file)
  const progress = new Progress('event', { isQuiet: json })
  const { seq: since } = reader
  const counts = options.count ? new Map<string, number>() : undefined
  const show = async (envelope: EventEnvelope) => {
    if (counts !== undefined) counts.set(envelope.type, (counts.get(envelope.type) ?? 0) + 1)
    else if (json) await printJson(envelope)
    else await printLines(lineOf(envelope))
  }
  let wanted: WantedEvents
  let count = 0
  try {
    const from = await timeAt(reader, options.from, '--from')
    const to = await timeAt(reader, options.to, '--to')
    wanted = wantedOf(types, { ...options, from, to })
    const found = reader.events(wanted, follow, () => progress.step())
    for await (const { item } of played(found, speed)) {
      if (counts === undefined) progress.end()
      await show(item)
      count++
    }
  } finally {
    progress.end()
    await reader.close()
  }
  if (counts !== undefined) await printCounts(counts, json)
  if (!follow && !json) await print(colors.dim(`${counted(count, 'event')} in ${reader.source}`))
  if (!follow || since === undefined) return 0
  const { topics, filter } = wanted
  note(`no runner holds ${data}: waiting for one`)
  const runner = await awaitRunner(data)
  for await (const envelope of runnerEvents(runner, { topics, filter, since }, true)) await show(envelope)
  return 0
}

/** @throws PLACE_INVALID */
function checkBeside({ follow, file, count, speed }: EventsOptions): void {
  const other = Object.entries({ file, count, speed }).find(([, value]) => value !== undefined)
  if (!follow || other === undefined) return
  throw new OutcryError('PLACE_INVALID', `--${other[0]}: must be left out with --follow`, HELP)
}

/** Prints the number of events of each type, the most frequent first. */
async function printCounts(counts: ReadonlyMap<string, number>, json: boolean): Promise<void> {
  const rows = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1))
  if (json) for (const [type, count] of rows) await printJson({ type, count })
  else if (rows.length > 0)
    await print(
      table(
        ['events', 'type'],
        rows.map(([type, count]) => [countText(count), type]),
      ),
    )
}

const HELP = 'See `outcry events --help`.'

/** The options, with times in epoch ms. */
export interface RangeOptions extends Omit<EventsOptions, 'from' | 'to'> {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Returns what the arguments and options ask for. @throws PLACE_INVALID, SUBSCRIPTION_UNMATCHED */
export function wantedOf(types: readonly string[], options: RangeOptions): WantedEvents {
  const { kind, venue, symbol, instrument, strategy, severity: minSeverity, from, to, follow } = options
  const isAll = from !== undefined || options.count || options.file !== undefined
  if (to !== undefined && follow) throw wrongEnd('must be left out with --follow')
  if (to !== undefined && from !== undefined && from > to) throw wrongEnd('must not be before --from')
  const tail = options.tail ?? (isAll ? undefined : TAIL)
  return {
    topics: types.length === 0 ? ['events.>'] : types.map(topicOf),
    filter: compact({ kind, venue, symbol, instrument, strategy, minSeverity, from, to }),
    ...compact({ tail }),
  }
}

function wrongEnd(rule: string): OutcryError {
  return new OutcryError('PLACE_INVALID', `--to: ${rule}`, HELP)
}

function topicOf(text: string): string {
  const topic = text.includes('.') ? text : `events.${typeToken(text)}.>`
  if (isPattern(topic) && topic.startsWith('events.')) return topic
  throw new OutcryError(
    'SUBSCRIPTION_UNMATCHED',
    `"${text}" is neither a type of events nor a topic of them`,
    'Write ORDER_FILLED, or events.order_filled.sim.*; `outcry replay` prints the records of an actor.',
  )
}

const COLOURS: Readonly<Record<Severity, (text: string) => string>> = {
  info: colors.cyan,
  warning: colors.yellow,
  error: colors.red,
  critical: colors.red,
}

function lineOf({ seq, at, actor, severity = 'info', event }: EventEnvelope): string {
  const type = COLOURS[severity](event.type)
  const text = `${timeText(at)}  ${type}  ${actor}  ${colors.dim(`seq ${seq}`)}  ${payloadText(event)}`
  return onOneLine(text.trimEnd())
}
