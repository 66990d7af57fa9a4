/** The reader of one account's user stream: remembers which orders the venue's ids are of, and counts what it reads. */
import type { WireIds } from '../wire-ids.ts'
import { decodeUserMessage, type UserMessage } from './user-stream.ts'

/** Orders that are remembered by the venue's ids. Each takes about 200 bytes. */
const ORDERS_MAX = 10_000

export class UserReader {
  readonly #venue: string
  readonly #ids: WireIds | undefined
  /** ClOrdIDs by symbol and OrderID. Those that were told of longest ago are forgotten first. */
  readonly #orders = new Map<string, string>()
  readonly #counts: Record<UserMessage['status'] | 'refused', number> = {
    decoded: 0,
    reconnect: 0,
    unknown: 0,
    refused: 0,
  }

  constructor(venue: string, ids?: WireIds) {
    this.#venue = venue
    this.#ids = ids
  }

  /** The messages so far, by what became of them. */
  get counts(): Readonly<Record<UserMessage['status'] | 'refused', number>> {
    return this.#counts
  }

  /**
   * Returns what a message says: see `decodeUserMessage`.
   * @throws USER_MESSAGE_UNREADABLE after it has counted the message as refused
   */
  read(raw: unknown): UserMessage {
    try {
      const message = decodeUserMessage(raw, this.#venue, this.#ids, (symbol, venueOrderId) =>
        this.#orders.get(keyOf(symbol, venueOrderId)),
      )
      this.#counts[message.status]++
      for (const { event } of message.reports)
        if (event.type === 'EXECUTION_REPORT') this.#note(event.symbol, event.venueOrderId, event.clOrdId)
      return message
    } catch (error) {
      this.#counts.refused++
      throw error
    }
  }

  #note(symbol: string, venueOrderId: string, clOrdId: string): void {
    const key = keyOf(symbol, venueOrderId)
    this.#orders.delete(key)
    this.#orders.set(key, clOrdId)
    if (this.#orders.size > ORDERS_MAX) this.#orders.delete(this.#orders.keys().next().value as string)
  }
}

function keyOf(symbol: string, venueOrderId: string): string {
  return `${symbol} ${venueOrderId}`
}
