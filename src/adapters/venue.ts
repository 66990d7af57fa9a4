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
  /** ClOrdID of the request that the order goes by: the last accepted replace, or the request that placed it. */
  readonly clOrdId: string
  /** The ClOrdIDs that it went by before. It is found by any of them. */
  readonly origClOrdIds?: readonly string[]
  /** The venue's name of the order, if somebody else placed it. The ids are then made of that name. */
  readonly foreignId?: string
  readonly venueOrderId: string
  /** Who placed it: an actor's address. */
  readonly actor: string
  readonly symbol: string
  /** The side, if the account hedges. */
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
  /** The venue's name of the order, if somebody else placed it. */
  readonly foreignId?: string
}

/** The place of a request in the runner's log. Each report gives it back, so that the log links them. */
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

/** The books that a venue keeps in the data folder, beside the log. */
export interface Books {
  /** Returns all durable entries of now, as a snapshot for a backup. */
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

/** An answer of a venue: at once if its books are at hand, else when the answer has come. */
export type Answer<T> = T | Promise<T>

/**
 * A venue for orders. Its interface has our ids, and the venue itself gets wire ids. It answers about every order that it ever
 * accepted, whatever happened to the runner.
 */
export interface Venue {
  /** Stable, part of the log: positions of its reports are counted under it. */
  readonly name: string
  readonly capabilities: VenueCapabilities

  /** Resolves when the venue has been told. What becomes of it comes as a report; a rejection leaves it open whether it has arrived. */
  place(order: PlaceOrder & RequestHeader): Answer<void>
  cancel(request: CancelOrder & RequestHeader): Answer<void>
  replace(request: ReplaceOrder & RequestHeader): Answer<void>

  /** Returns the order of a ClOrdID, or of the id that the venue has for somebody else's order; undefined when the venue never took it. */
  status(clOrdId: string, foreignId?: string): Answer<VenueOrder | undefined>
  openOrders(): Answer<readonly VenueOrder[]>
  /** Returns the orders that are sent and not yet in the book. */
  pendingOrders(): readonly VenueOrder[]
  /** Returns the positions of its customer by symbol, with `:LONG` or `:SHORT` if the account hedges; negative when short. */
  positions(): Answer<Readonly<Record<string, string>>>
  /** Returns the balances of its customer, by asset. */
  balances(): Answer<Readonly<Record<string, string>>>
  /** Reports made at or after the time that moved money: fills and cash flows. */
  movementsSince(at: number): Answer<readonly VenueReport[]>

  /** Checks, at a venue that keeps its reports, that it has the report of this position. @throws VENUE_BEHIND when it has none, and the log has it */
  assertHas?(position: number): void
  /** Reports after a position, in order, that may be told. */
  reportsAfter(position: number): readonly VenueReport[]
  /** True while something that it has taken in awaits its fsync, or a report that has come by itself awaits being handed out. */
  readonly dirty: boolean
  /** Resolves when all that it has taken in so far is safe. Only then are its reports handed out. */
  flush(): Promise<void>

  /** The simulator, if the venue is shown the market. */
  readonly simulation?: Simulation
  /** The books that it keeps in the data folder, if it keeps any. */
  readonly books?: Pick<Books, 'entries' | 'verify'>
  close(): Promise<void>
}

/**
 * The part of a venue that only a simulator has. Event time drives all of it, so the same market messages and the same requests
 * give the same reports, also across a crash of either side.
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
    `${path}adapter: ${venue.name} runs in the time of the system, and the market ${market} has a time of its own`,
    'Name a simulated venue, such as paper, or a market that is live.',
  )
}
