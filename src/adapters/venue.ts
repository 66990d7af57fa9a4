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
import { type Interruptible, OutcryError } from '../../store/index.ts'
import type { VenueCapabilities } from './capabilities.ts'
import type { MarketMessage } from './market-source.ts'

/** An order as the venue's own books have it. Quantities and prices are decimal strings. */
export interface VenueOrder {
  /** Of the request that it goes by: the last replace that was accepted, or the one that placed it. */
  readonly clOrdId: string
  /** Those it went by before: it is found by any of them. */
  readonly origClOrdIds?: readonly string[]
  /** What the venue calls it, where somebody else placed it: the ids are then made of that. */
  readonly foreignId?: string
  readonly venueOrderId: string
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
  readonly completes?: string
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
  /** Event time of the request. */
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

/** What a venue answers: at once where its books are at hand, else when the answer has come. */
export type Answer<T> = T | Promise<T>

/**
 * Where orders go: its ids of orders are ours, what it is told is a wire id. It answers about everything that it ever accepted,
 * whatever became of the runner.
 */
export interface Venue {
  /** Stable, part of the log: positions of its reports are counted under it. */
  readonly name: string
  readonly capabilities: VenueCapabilities

  /** Resolves when the venue has been told. What becomes of it comes as a report; a rejection leaves it open whether it has arrived. */
  place(order: PlaceOrder & RequestHeader): Answer<void>
  cancel(request: CancelOrder & RequestHeader): Answer<void>
  replace(request: ReplaceOrder & RequestHeader): Answer<void>

  /** The order of a ClOrdID, or of the id that the venue has for somebody else's; undefined when the venue never took it. */
  status(clOrdId: string, foreignId?: string): Answer<VenueOrder | undefined>
  openOrders(): Answer<readonly VenueOrder[]>
  /** Sent, and not yet in the book. */
  pendingOrders(): readonly VenueOrder[]
  /** What it holds for its customer, by symbol, and `:LONG` or `:SHORT` where it hedges: negative when short. */
  positions(): Answer<Readonly<Record<string, string>>>
  /** What its customer owns, by asset. */
  balances(): Answer<Readonly<Record<string, string>>>
  /** Reports made at or after the time that moved money: fills and cash flows. */
  movementsSince(at: number): Answer<readonly VenueReport[]>

  /** Of a venue that keeps its reports: @throws VENUE_BEHIND when it has no report of this position, which the log has */
  assertHas?(position: number): void
  /** Reports after a position, in order, that may be told. */
  reportsAfter(position: number): readonly VenueReport[]
  /** True while something that it has taken in awaits its fsync, or a report that has come by itself awaits being handed out. */
  readonly dirty: boolean
  /** Resolves when all that it has taken in so far is safe. Only then are its reports handed out. */
  flush(): Promise<void>

  /** Of a venue that the market is shown to. */
  readonly simulation?: Simulation
  /** What it keeps in the data folder, where it keeps anything. */
  readonly books?: Pick<Books, 'entries' | 'verify'>
  close(): Promise<void>
}

/**
 * What only a simulator has. All is driven by event time, so that the same market messages and the same requests give the same reports,
 * also across a crash of either side.
 */
export interface Simulation {
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
}

/** A venue that a run in event time can have. */
export interface SimulatedVenue extends Venue {
  readonly simulation: Simulation
}

/**
 * Returns the venue. `path`: what its keys begin with in the configuration.
 * @throws CONFIG_INVALID when it is no simulator: where a market has a time of its own, its venues have the same
 */
export function simulatedVenue(
  venue: Venue,
  { market, path }: { readonly market: string; readonly path: string },
): SimulatedVenue {
  const isSimulated = (one: Venue): one is SimulatedVenue => one.simulation !== undefined
  if (isSimulated(venue)) return venue
  throw new OutcryError(
    'CONFIG_INVALID',
    `${path}adapter: ${venue.name} lives in the time of the system, and the market ${market} has a time of its own`,
    'Name a simulated venue, such as paper, or a market that is live.',
  )
}
