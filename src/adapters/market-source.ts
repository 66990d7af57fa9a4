import type { Observable } from 'rxjs'
import type { MarketEvent } from '../../machines/events/market.ts'
import type { ListedInstrument } from '../../machines/events/universe.ts'

/** Stands for the symbol of a strategy that trades all symbols of a universe. No market has a symbol of this name. */
export const UNIVERSE = 'universe'

/** One message of a market source, on its way to the symbol actor and to a venue that matches against it. */
export interface MarketMessage {
  /** The source's own ordinal, contiguous from 1: what a restart resumes after. */
  readonly position: number
  /** Epoch ms at which it was received (for recordings: as recorded; never decreasing within a source). */
  readonly at: number
  /** e.g. `binance`, `binance-usdm`, `sim`. */
  readonly venue: string
  /** e.g. `BTCUSDT`. */
  readonly symbol: string
  readonly event: MarketEvent
}

export interface MarketOpenOptions {
  /** Resume after this position; what was before is read for its effect on the book, not emitted. Default 0. */
  readonly after?: number
  /** Emitted up to here before, for those who have missed some of it. */
  readonly seen?: number
  /** Event time at which a log began that it goes on in: a market without a time of its own began then. Default `startsAt`. */
  readonly beganAt?: number | undefined
  /** Event time at which that log ends: nothing that was not seen happens before. */
  readonly endedAt?: number | undefined
  /**
   * Called before each message is emitted; when it returns a promise the source waits for it. Pace and
   * backpressure in one place: sleep until the message's time, or until the mailboxes have room.
   */
  readonly pace?: (message: MarketMessage) => void | Promise<void>
}

/** A source of market data. It is opened once, and unsubscribing closes it. */
export interface MarketSource {
  /** Stable name, part of the log: positions are counted per name. */
  readonly name: string
  /** The names that earlier versions gave it, which counted its positions otherwise. */
  readonly formerNames?: readonly string[]
  /** `event`: the market's messages say what time it is. `system`: the time is the system's. */
  readonly time: 'event' | 'system'
  /** Event time at which it begins; undefined where time is the system's. */
  readonly startsAt: number | undefined
  /** Symbols known before the first message, `venue:SYMBOL` each. */
  readonly instruments: readonly string[]
  /** Raw messages believed so far, by kind (`trade`, `bookTicker`, `depthUpdate`, `depthSnapshot`, ...). */
  readonly counts: Readonly<Record<string, number>>
  /** Raw messages that were not believed, by reason (`PRICE`, `TIME`, ...): they changed nothing. */
  readonly refused: Readonly<Record<string, number>>
  open(options?: MarketOpenOptions): Observable<MarketMessage>
  /**
   * Returns the venue's present facts of the instruments that it lists. A source without this knows only their names. A source in
   * event time returns the same each time.
   */
  listing?(signal: AbortSignal): Promise<readonly ListedInstrument[]>
}
