/** Turns Coinbase's messages into market events. A refused message changes nothing. */
import type { z } from 'zod'
import type { MarketEvent } from '../../../machines/index.ts'
import type { Level } from '../book-side.ts'
import type { Decoded, Receipt } from '../capture-format.ts'
import { ExchangeTime } from '../exchange-time.ts'
import { checked, excerpt, expectUncrossed, level, levels, parsed, price, quantity } from '../raw-message.ts'
import { Refusal } from '../refusals.ts'
import { type Match, MESSAGES, type Message, type Snapshot, type Update } from './messages.ts'
import { Product } from './product.ts'

/** Number of levels of each side in an ORDER_BOOK event. */
const LEVELS = 5
const NONE: readonly MarketEvent[] = []
const OTHER: Decoded = { kind: 'other', symbol: '', events: NONE }

export class CoinbaseDecoder {
  readonly #products: ReadonlyMap<string, Product>
  readonly #time = new ExchangeTime()

  constructor(symbols: readonly string[]) {
    this.#products = new Map(symbols.map((symbol) => [symbol, new Product()]))
  }

  /** Takes note that the connection ended: the next one begins new books, and trades go on. */
  disconnect(): void {
    for (const product of this.#products.values()) product.end()
  }

  /** Returns the events of a message. @throws Refusal */
  decode(json: string, receipt: Receipt): Decoded {
    const raw: { readonly type?: unknown; readonly message?: unknown } = parsed(json)
    if (raw.type === 'error') throw new Refusal('SCHEMA', `Coinbase says: ${excerpt(raw.message)}`)
    if (typeof raw.type !== 'string' || !Object.hasOwn(MESSAGES, raw.type)) return OTHER
    const kind = raw.type as keyof typeof MESSAGES
    const message = checked(MESSAGES[kind] as z.ZodType<Message>, raw, kind)
    const product = this.#products.get(message.product_id)
    if (product === undefined) throw new Refusal('SYMBOL', `${message.product_id} was not asked for`)
    const events = this.#eventsOf(message, product, receipt)
    return { kind, symbol: message.product_id, events }
  }

  #eventsOf(message: Message, product: Product, receipt: Receipt): readonly MarketEvent[] {
    switch (message.type) {
      case 'match':
      case 'last_match':
        return this.#decodeMatch(message, product, receipt)
      case 'snapshot':
        return this.#decodeSnapshot(message, product, receipt)
      default:
        return this.#decodeUpdate(message, product, receipt)
    }
  }

  #decodeMatch(message: Match, product: Product, receipt: Receipt): readonly MarketEvent[] {
    const { product_id: symbol, trade_id: id, sequence, side } = message
    const [px, qty] = [price('price', message.price), quantity('size', message.size)]
    // The trade may be hours old, and every subscriber gets it.
    if (message.type === 'last_match') return NONE
    if (sequence <= product.sequence || !product.trades.isNew(id, id))
      throw new Refusal('REPEATED', `trade ${id} of ${symbol}, sequence ${sequence}, has come before`)
    const eventAt = this.#time.take(message.time, receipt.at)
    product.sequence = sequence
    product.trades.take(id, id)
    // `side` is the side of the maker.
    const aggressor = side === 'buy' ? 'SELL' : 'BUY'
    return [{ type: 'TRADE', ...receipt, eventAt, tradeId: String(id), px, qty, aggressor }]
  }

  #decodeSnapshot(message: Snapshot, product: Product, receipt: Receipt): readonly MarketEvent[] {
    const snapshot = { bids: levels(message.bids), asks: levels(message.asks) }
    expectUncrossed(snapshot)
    product.begin(snapshot.bids, snapshot.asks)
    const reason = product.status === 'resyncing' ? 'the book is whole again' : undefined
    return [...standing(product, 'connected', receipt, reason), bookOf(product, receipt)]
  }

  #decodeUpdate(message: Update, product: Product, receipt: Receipt): readonly MarketEvent[] {
    const of = (wanted: string): Level[] =>
      message.changes.filter(([side]) => side === wanted).map(([, px, qty]) => level(px, qty))
    const [bids, asks] = [of('buy'), of('sell')]
    if (!product.hasBook) throw new Refusal('SNAPSHOT', `the book of ${message.product_id} has not begun`)
    const eventAt = this.#time.take(message.time, receipt.at)
    if (!product.apply(bids, asks))
      return standing(product, 'resyncing', receipt, 'the sides of the book meet')
    return [bookOf(product, receipt, eventAt)]
  }
}

/** Returns the state of the connection when it has changed since the last event. */
function standing(
  product: Product,
  status: 'connected' | 'resyncing',
  receipt: Receipt,
  reason?: string,
): readonly MarketEvent[] {
  if (product.status === status) return NONE
  product.status = status
  return [{ type: 'CONNECTION', ...receipt, status, ...(reason && { reason }) }]
}

function bookOf(product: Product, receipt: Receipt, eventAt?: number): MarketEvent {
  const updateId = ++product.updateId
  return {
    type: 'ORDER_BOOK',
    ...receipt,
    ...(eventAt !== undefined && { eventAt }),
    updateId,
    ...product.top(LEVELS),
  }
}
