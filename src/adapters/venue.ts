import type { CashFlowReport } from '../../machines/events/account.ts'
import type {
  CancelOrder,
  ExecutionReport,
  OrderCancelReject,
  OrdStatus,
  OrdType,
  PlaceOrder,
  PositionSide,
  ReplaceOrder,
  TimeInForce,
} from '../../machines/events/order.ts'
import type { Side } from '../../machines/model/fields.ts'
import type { Interruptible } from '../../store/index.ts'
import type { MarketMessage } from './market-source.ts'

/** An order as the venue's own books have it. Quantities and prices are decimal strings. */
export interface VenueOrder {
  /** Of the request that it goes by: the last replace that was accepted, or the one that placed it. */
  readonly clOrdId: string
  /** Those it went by before: it is found by any of them. */
  readonly origClOrdIds?: readonly string[]
  /** What the venue calls it, where somebody else placed it: the ids are then made of that. */
  readonly foreignId?: string
  readonly orderId: string
  /** Who placed it: an actor's address. */
  readonly actor: string
  readonly symbol: string
  /** Of a hedging account. */
  readonly positionSide?: PositionSide
  readonly side: Side
  readonly ordType: OrdType
  /** Its limit, and the price that triggers it, where its type has them; a trailing stop's as it is by now. */
  readonly price?: string
  readonly stopPx?: string
  readonly trailingOffset?: string
  readonly timeInForce: TimeInForce
  readonly postOnly?: boolean
  readonly reduceOnly?: boolean
  readonly ordStatus: OrdStatus
  readonly orderQty: string
  readonly cumQty: string
  readonly leavesQty: string
  readonly avgPx: string
}

/** A report on its way to the runner: the venue's own stream, which can be read again from any position. */
export interface VenueReport {
  /** Contiguous from 1 over the venue's life. */
  readonly position: number
  /** Event time in epoch ms at which it reaches the runner (execution time plus latency); never decreasing. */
  readonly at: number
  /** The actor that placed the order; the account, of a cash flow. */
  readonly actor: string
  readonly report: ExecutionReport | OrderCancelReject | CashFlowReport
  /** Id of the intent that this report answers for good, if it does. */
  readonly settles?: string
  /** A cash flow has none. */
  readonly ref?: RequestRef
  /** What the venue calls the order, where somebody else placed it. */
  readonly foreignId?: string
}

/** Where a request stands in the runner's log; given back with each report, so that the log links them. */
export interface RequestRef {
  readonly seq: number
  readonly correlation: string
  /** Id of the intent that it is. */
  readonly intent: string
}

/**
 * Who asks, and when: the same for every request. A ClOrdID that was asked under before changes nothing; that makes
 * sending at least once safe.
 */
export interface RequestHeader {
  readonly actor: string
  /** Event time of the request; it reaches the venue `latencyMs` later. */
  readonly at: number
  readonly ref: RequestRef
}

/** The books as they were when they were asked for. */
export interface BookEntries extends AsyncIterable<readonly [key: string, value: string]> {
  close(): Promise<void>
}

/** What a venue keeps in the data folder, beside the log. */
export interface Books {
  /** All that is durable now, as a snapshot: for a backup. */
  entries(): BookEntries
  /** Looks through all that is durable now, and resolves with how many reports there are. @throws VENUE_CORRUPT, READ_ABORTED */
  verify(options?: Interruptible): Promise<number>
  close(): Promise<void>
}

/** The log that books belong to: the two go on together. */
export interface Life {
  readonly id: string
  /** No runner has begun the log yet, so no books but empty ones are its own. */
  readonly isNew: boolean
}

/**
 * The paper venue stands on its own, as a real exchange does: it has durable state of its own in its own folder, and
 * answers about everything it ever accepted, whatever became of the runner. All is driven by event time, so that
 * the same market messages and the same requests give the same reports, also across a crash of either side.
 */
export interface PaperVenue extends Books {
  readonly name: string
  place(order: PlaceOrder & RequestHeader): void
  cancel(request: CancelOrder & RequestHeader): void
  replace(request: ReplaceOrder & RequestHeader): void

  /**
   * Matches working orders against the message; requests whose latency is over by `message.at` arrive first.
   * Messages at or before the position that its durable state has already taken in change nothing.
   */
  onMarket(message: MarketMessage): void
  /** Lets event time pass without a message: requests whose latency is over by `at` arrive. */
  advance(at: number): void
  /** Event time of the next request's arrival; undefined when none is under way. */
  readonly arrivesAt: number | undefined
  /** Event time at which something happens next: a request arrives or an order expires. */
  readonly nextAt: number | undefined

  /** Position of the last market message that its durable state has taken in: what it can be fed again after. */
  readonly marketPosition: number
  /** A report is durable here before anybody is told of it. @throws VENUE_BEHIND when its books have no report of this position */
  assertHas(position: number): void
  /** What it answers is as of the last `flush` or later: like an exchange it speaks of what it has accepted. */
  lookup(clOrdId: string, foreignId?: string): VenueOrder | undefined
  openOrders(): readonly VenueOrder[]
  /** Received, and not yet at the book. */
  pendingOrders(): readonly VenueOrder[]
  /** What it holds for its customer, by symbol, and `:LONG` or `:SHORT` where it hedges: negative when short. */
  positions(): Readonly<Record<string, string>>
  /** What its customer owns, by asset. */
  balances(): Readonly<Record<string, string>>
  /** Reports made at or after the time that moved money: fills and cash flows. */
  movementsSince(at: number): readonly VenueReport[]

  /** True while a change awaits its fsync. */
  readonly dirty: boolean
  /** Resolves when every change so far is fsynced. Only then are its reports handed out. */
  flush(): Promise<void>
  /** Durable reports after a position, in order. */
  reportsAfter(position: number): readonly VenueReport[]
}
