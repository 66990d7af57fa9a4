/** The envelope of a domain event. The contract of the API has its schema. */
import { compact } from '../../../errors/compact.ts'
import { idOf } from '../record/address.ts'
import type { AnyEvent, TransitionRecord } from '../record/record.ts'

export const SEVERITIES = ['info', 'warning', 'error', 'critical'] as const
export type Severity = (typeof SEVERITIES)[number]

/**
 * The classes of events that the feed does not treat as the others. A critical one is sent at once, after everything that waits before it. Of a
 * high-frequency one only the latest matters, so a client that asks for it or is slow may get that alone.
 */
export const EVENT_CLASSES = ['critical', 'high-frequency'] as const
export type EventClass = (typeof EVENT_CLASSES)[number]

/** The request that a record came from. */
export interface Asked {
  /**
   * The one that asked, as the event that the actor took names it: a person, a token, or a part of the program. Absent
   * when the event names none.
   */
  readonly by?: string | undefined
  /** The sender's id of its request, such as `X-Request-Id` of HTTP. Absent when the sender gave none. */
  readonly request?: string | undefined
}

/**
 * A domain event with its place in the log.
 *
 * @example
 * { eventId: 'order/sim:o-1/4/0', index: 0, type: 'ORDER_FILLED', at: 1723161255343, seq: 1234, actor: 'order/sim:o-1',
 *   correlation: 'c-1230', cause: 1233, venue: 'sim', symbol: 'BTCUSDT', instrument: 'BTC/USDT',
 *   strategy: 'btc', source: 'order@7', event: { type: 'ORDER_FILLED', ... } }
 */
export interface EventEnvelope extends Asked {
  /** `{actor}/{rev}/{index}` of the record that emitted it. */
  readonly eventId: string
  /** Place among the events of its record. */
  readonly index: number
  readonly type: string
  readonly at: number
  /** Place in the log of the record that emitted it. */
  readonly seq: number
  /** Address of the actor that emitted it. */
  readonly actor: string
  /** The same for all that one outside message led to. */
  readonly correlation: string
  /** seq of the record that caused it. Null when the cause is outside. */
  readonly cause: number | null
  readonly venue: string | null
  /** The symbol as the venue writes it. */
  readonly symbol: string | null
  /** The same as no venue writes it, `BTC/USDT`. Null where that is not known. */
  readonly instrument: string | null
  /** Id of the strategy that the event is of. Null where it is of none. */
  readonly strategy: string | null
  /** The machine that emitted it: `order@3`. */
  readonly source: string
  /** Present when the event has one. */
  readonly severity?: Severity | undefined
  /** The event as the machine emitted it. */
  readonly event: AnyEvent
}

/** Returns the events of a record, in the order in which it emitted them. */
export function envelopesOf(record: TransitionRecord): EventEnvelope[] {
  const { seq, rev, at, actor, correlation, cause, machine: source, emitted = [] } = record
  if (emitted.length === 0) return []
  const asked = askedOf(record)
  return emitted.map((event, index) => {
    const { type } = event
    const eventId = `${actor}/${rev}/${index}`
    const place = placeOf(event, actor)
    const graveness = isSeverity(event.severity) && { severity: event.severity }
    const fields = { eventId, index, type, at, seq, actor, correlation, cause, ...place, source }
    return { ...fields, ...asked, ...graveness, event }
  })
}

/**
 * Returns the request that a record came from. Records that followed from it have its correlation, and name nobody
 * unless their own event does.
 */
export function askedOf({ event: { by }, request }: Pick<TransitionRecord, 'event' | 'request'>): Asked {
  return compact({ by: textOr(by, undefined) ?? undefined, request })
}

function isSeverity(value: unknown): value is Severity {
  return SEVERITIES.includes(value as never)
}

/**
 * Returns an event's venue, symbol, instrument and strategy. When the event names no venue or symbol, its actor's address may:
 * `symbol/binance:BTCUSDT`.
 */
function placeOf(
  event: AnyEvent,
  actor: string,
): Pick<EventEnvelope, 'venue' | 'symbol' | 'instrument' | 'strategy'> {
  const [, venue, symbol] = /^([^:/]+):([^:/]+)/.exec(idOf(actor)) ?? []
  return {
    venue: textOr(event.venue, venue),
    symbol: textOr(event.symbol, symbol),
    instrument: textOr(event.instrument, undefined),
    strategy: textOr(event.strategy, undefined),
  }
}

function textOr(value: unknown, otherwise: string | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : (otherwise ?? null)
}
