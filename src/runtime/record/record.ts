import type { LogRecord } from '../../../store/store.ts'

/** An event of any machine. */
export interface AnyEvent {
  readonly type: string
  // biome-ignore lint/suspicious/noExplicitAny: the runtime carries events it knows nothing of
  readonly [key: string]: any
}

/** The active state of a machine, or the active state of each region, in XState's own form. */
export type StateValue = string | { [region: string]: StateValue | undefined }

/**
 * A message to a port. It is recorded first, and sent after its commit at least once, always with the same `id` (law
 * 6).
 */
export interface Intent {
  /** Actor, event type and number of the request: `order/o-1/PLACE_ORDER:1`. In older logs: `actor/rev/index`. */
  readonly id: string
  /** The name under which the port is registered. */
  readonly port: string
  readonly actor: string
  readonly event: AnyEvent
  readonly at: number
  readonly seq: number
  readonly correlation: string
}

/** A pending delayed send. */
export interface ScheduledTimer {
  /** The id of the timer, unique within its actor. */
  readonly id: string
  readonly dueAt: number
  /** Address of the receiver. Absent when the receiver is the actor itself. */
  readonly target?: string
  /** True when the same transition stopped or replaced the receiver, a child: no actor gets the message. */
  readonly stopped?: true
  readonly event: AnyEvent
  /** seq of the record that set the timer. The timer's event has that record as its cause. */
  readonly seq: number
  readonly correlation: string
}

/**
 * The record that one actor took one event: the unit of the log. A signal of the runtime to an actor (fail, restart,
 * stop, ...) is an event, too. Its type begins with `outcry.`.
 *
 * @example
 * { seq: 1234, rev: 7, actor: 'order/BTCUSDT-7f3a', at: 1723161255343, event: { type: 'EXECUTION_REPORT', ... },
 *   from: { execution: 'accepted', request: 'idle' }, to: { execution: 'partiallyFilled', request: 'idle' },
 *   cause: 1233, correlation: 'c-1230', machine: 'order@1', emitted: [{ type: 'ORDER_PARTIAL_FILL', ... }],
 *   sent: ['position/binance:BTCUSDT'], turn: 901 }
 */
export interface TransitionRecord extends LogRecord {
  readonly event: AnyEvent
  /** State value before. Null in an actor's first record. Actors that are no machines have their status here. */
  readonly from: StateValue | null
  readonly to: StateValue
  /** seq of the record that sent the event. Null for an event from outside. */
  readonly cause: number | null
  /** The id that all records caused by one outside message share. */
  readonly correlation: string
  /** `kind@version` of the machine that made the record. */
  readonly machine: string
  readonly turn: number
  /** The domain events that the machine emitted, in order. */
  readonly emitted?: readonly AnyEvent[]
  /** Addresses to which the transition sent without delay. */
  readonly sent?: readonly string[]
  readonly intents?: readonly Intent[]
  readonly scheduled?: readonly ScheduledTimer[]
  /** Ids of canceled timers. */
  readonly canceled?: readonly string[]
  /** Id of this actor's timer that the record consumed. */
  readonly timer?: string
  /** seq of the record that set that timer. Present when another timer with its id is due earlier. */
  readonly timerSeq?: number
  /**
   * System ids that the machine looked up in this step, and the actors that had them. A replay finds the same actors.
   */
  readonly found?: readonly (readonly [systemId: string, address: string])[]
  /**
   * Present in a child's first record. `path` leads to the child's logic: the `src` names from the root machine down.
   */
  readonly child?: {
    readonly path: readonly string[]
    readonly systemId?: string
    readonly syncSnapshot?: true
  }
  /** `done`, `error` or `stopped`, in the record that ended the actor. */
  readonly status?: string
  /** True when the event is stashed. After its restart or release the actor takes it again, in another record. */
  readonly stashed?: true
  /** True when nothing came of the event: no transition took it, or one that does nothing and stays. */
  readonly unhandled?: true
  /** The position of the outside message in its source (market data, execution reports). A restart resumes after it. */
  readonly origin?: Origin
  /** Id of the intent that this message from a port completes. */
  readonly completes?: string
  /** The sender's idempotency key. A message with the same key is answered with this record. */
  readonly key?: string
  /** The sender's id of the request that brought the message, such as `X-Request-Id` of HTTP. */
  readonly request?: string
}

export interface Origin {
  readonly source: string
  readonly position: number
}
