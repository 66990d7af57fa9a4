import type { LogRecord } from '../../../store/store.ts'

/** Any event of any machine. */
export interface AnyEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: the runtime carries events it knows nothing of
  readonly [key: string]: any
}

/** Where a machine is: the state, or the active state of each region. It is XState's own form. */
export type StateValue = string | { [region: string]: StateValue | undefined }

/** A message to a port: recorded first, sent after its commit, at least once and always under the same `id` (law 6). */
export interface Intent {
  /** Counts the requests of its type that the actor has made, such as `order/o-1/PLACE_ORDER:1`; `actor/rev/index` in older logs. */
  readonly id: string
  /** Name of the port, as registered. */
  readonly port: string
  readonly actor: string
  readonly event: AnyEvent
  readonly at: number
  readonly seq: number
  readonly correlation: string
}

/** A delayed send that waits. */
export interface ScheduledTimer {
  /** Unique within its actor. */
  readonly id: string
  readonly dueAt: number
  /** Address of the receiver; absent when it is the actor itself. */
  readonly target?: string
  /** The receiver is a child that the very transition stopped or replaced: the message reaches nobody. */
  readonly stopped?: true
  readonly event: AnyEvent
  /** seq of the record that scheduled it, which is the cause of what it sets off. */
  readonly seq: number
  readonly correlation: string
}

/**
 * One actor taking one event: the unit of the log. What the runtime itself does to an actor (fail, restart, stop, ...)
 * is an event too, its type starting with `outcry.`.
 *
 * @example
 * { seq: 1234, rev: 7, actor: 'order/BTCUSDT-7f3a', at: 1723161255343, event: { type: 'EXECUTION_REPORT', ... },
 *   from: { execution: 'accepted', request: 'idle' }, to: { execution: 'partiallyFilled', request: 'idle' },
 *   cause: 1233, correlation: 'c-1230', machine: 'order@1', emitted: [{ type: 'ORDER_PARTIAL_FILL', ... }],
 *   sent: ['position/binance:BTCUSDT'], turn: 901 }
 */
export interface TransitionRecord extends LogRecord {
  readonly event: AnyEvent
  /** State value before; null for an actor's first record. Actors that are no machines have their status here. */
  readonly from: StateValue | null
  readonly to: StateValue
  /** seq of the record that sent the event; null from outside. */
  readonly cause: number | null
  /** Shared by all that one outside message set off. */
  readonly correlation: string
  /** `kind@version` that made the record. */
  readonly machine: string
  readonly turn: number
  /** Domain events, in order. */
  readonly emitted?: readonly AnyEvent[]
  /** Addresses that the transition sent to at once. */
  readonly sent?: readonly string[]
  readonly intents?: readonly Intent[]
  readonly scheduled?: readonly ScheduledTimer[]
  /** Ids of timers that were cancelled. */
  readonly cancelled?: readonly string[]
  /** Id of the timer of this actor that the record consumed. */
  readonly timer?: string
  /** seq of the record that scheduled that timer, when it is not the earliest due of those of its id. */
  readonly timerSeq?: number
  /** System ids that the machine looked up in this step, and the actors that had them: a replay finds the same. */
  readonly found?: readonly (readonly [systemId: string, address: string])[]
  /** In a child's first record: where its logic is found, as `src` names from the root machine down. */
  readonly child?: {
    readonly path: readonly string[]
    readonly systemId?: string
    readonly syncSnapshot?: true
  }
  /** `done`, `error` or `stopped`, from the record that ended the actor. */
  readonly status?: string
  /** Taken in, but kept for the actor until it has restarted; it then takes the event again, in a record of its own. */
  readonly stashed?: true
  /** The machine had no transition for the event; nothing changed. */
  readonly unhandled?: true
  /** The place in its source of the outside message (market data, execution reports): what a restart resumes after. */
  readonly origin?: Origin
  /** Id of the intent that this message from a port answers for good. */
  readonly settles?: string
  /** The sender's idempotency key: a message with the same key is answered with this record. */
  readonly key?: string
}

export interface Origin {
  readonly source: string
  readonly position: number
}
