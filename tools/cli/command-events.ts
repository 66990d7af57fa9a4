import { compact } from '../../errors/compact.ts'
import type { EventEnvelope, Severity } from '../../src/runtime/events/envelope.ts'
import { isPattern } from '../../src/runtime/events/patterns.ts'
import { typeToken } from '../../src/runtime/events/topic.ts'
import { OutcryError } from '../../store/index.ts'
import { colors } from './colors.ts'
import { counted, payloadText, timeText } from './format.ts'
import { named, type ReadOptions } from './named.ts'
import { note, print, printJson, printLines } from './output.ts'
import { timeAt } from './places.ts'
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
}

/** Events that are listed when neither `--from` nor `--tail` says how many. */
const TAIL = 50

/** `outcry events [types...]`: lists the events of a log, and follows them. */
export async function events(types: readonly string[], options: EventsOptions): Promise<number> {
  const { data, modules } = await named(options)
  const { follow = false, json = false } = options
  const show = (envelope: EventEnvelope) => (json ? printJson(envelope) : printLines(lineOf(envelope)))
  const reader = await openReader(data, modules)
  const progress = new Progress('event', { isQuiet: json })
  const { seq: since } = reader
  let wanted: WantedEvents
  let count = 0
  try {
    const from = await timeAt(reader, options.from, '--from')
    const to = await timeAt(reader, options.to, '--to')
    wanted = wantedOf(types, { ...options, from, to })
    for await (const envelope of reader.events(wanted, follow, () => progress.step())) {
      progress.end()
      await show(envelope)
      count++
    }
  } finally {
    progress.end()
    await reader.close()
  }
  if (!follow && !json) await print(colors.dim(`${counted(count, 'event')} in ${reader.source}`))
  if (!follow || since === undefined) return 0
  const { topics, filter } = wanted
  note(`no runner holds ${data}: waiting for one`)
  const runner = await awaitRunner(data)
  for await (const envelope of runnerEvents(runner, { topics, filter, since }, true)) await show(envelope)
  return 0
}

/** The options, with times in epoch ms. */
export interface RangeOptions extends Omit<EventsOptions, 'from' | 'to'> {
  readonly from?: number | undefined
  readonly to?: number | undefined
}

/** Returns what the arguments and options ask for. @throws PLACE_INVALID, SUBSCRIPTION_UNMATCHED */
export function wantedOf(types: readonly string[], options: RangeOptions): WantedEvents {
  const { kind, venue, symbol, instrument, strategy, severity: minSeverity, from, to, follow } = options
  if (to !== undefined && follow) throw wrongEnd('must be left out with --follow')
  if (to !== undefined && from !== undefined && from > to) throw wrongEnd('must not be before --from')
  const tail = options.tail ?? (from === undefined ? TAIL : undefined)
  return {
    topics: types.length === 0 ? ['events.>'] : types.map(topicOf),
    filter: compact({ kind, venue, symbol, instrument, strategy, minSeverity, from, to }),
    ...compact({ tail }),
  }
}

function wrongEnd(rule: string): OutcryError {
  return new OutcryError('PLACE_INVALID', `--to: ${rule}`, 'See `outcry events --help`.')
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
  return `${timeText(at)}  ${type}  ${actor}  ${colors.dim(`seq ${seq}`)}  ${payloadText(event)}`.trimEnd()
}
