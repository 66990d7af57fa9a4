/**
 * A stand-in for an account at Binance: what the product asks of its port goes in, and Binance's own JSON comes back
 * through the product's decoder. It is as strict as Binance about balances, filters, ids and amendments; nothing takes
 * time there. Market data and the listing are in tests/adapters/fake-binance.ts.
 */

import type {
  CancelOrder,
  ExecutionReport,
  OrderStatusRequest,
  PlaceOrder,
  ReplaceOrder,
  VenueState,
  VenueStateRequest,
} from '../../../machines/index.ts'
import { type AccountBooks, type AccountContext, booksWithCoins } from '../../../machines/index.ts'
import { orderAddress } from '../../../machines/model/addresses.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { decodeUserMessage } from '../../../src/adapters/binance/user-stream.ts'
import { type Identity, WireIds } from '../../../src/adapters/wire-ids.ts'
import type { Port, PortContext } from '../../../src/runtime/port.ts'
import type { AnyEvent, Intent } from '../../../src/runtime/record/record.ts'
import { type ExchangeOrder, isOpen, type Message, messageOf } from './messages.ts'
import { DEFAULTS, type ExchangeOptions } from './options.ts'
import { idRefusalOf, isTriggered, isWithin, refusalOf, valuedAt } from './rules.ts'
import { Wallet } from './wallet.ts'

type Request = PlaceOrder | CancelOrder | ReplaceOrder | OrderStatusRequest | VenueStateRequest

/** Of the store that trades there. */
const SHORT_ID = '7f3a'

interface Trade {
  readonly order: ExchangeOrder
  readonly report: ExecutionReport
  readonly qty: string
}

export class Exchange implements Port {
  readonly options: ExchangeOptions
  readonly wallet: Wallet
  /** By client order id. */
  readonly orders = new Map<string, ExchangeOrder>()
  readonly trades: Trade[] = []
  /** Why it took no order, cancel or amendment, in order. */
  readonly refusals: string[] = []
  /** Reports that no actor has taken, and messages that the product could not read. */
  readonly undelivered: string[] = []
  /** Of the market. */
  px: string
  #context!: PortContext
  #work: Promise<void> = Promise.resolve()
  #lastId = 1_000
  /** An exchange that has rules for ids is told wire ids, by what would be its adapter. */
  #ids: WireIds | undefined

  constructor(options: Partial<ExchangeOptions> = {}) {
    this.options = { ...DEFAULTS, ...options }
    this.wallet = new Wallet(this.options)
    this.px = this.options.px
  }

  /** Changes with each piece of work; resolves when that one is done. */
  get work(): Promise<void> {
    return this.#work
  }

  get now(): number {
    return this.#context.now()
  }

  start(context: PortContext): void {
    this.#context = context
  }

  deliver(intent: Intent): Promise<void> {
    return this.#do(() => this.#take(intent))
  }

  recover(intent: Intent): Promise<void> {
    return this.deliver(intent)
  }

  /** The price moves, and reaches the orders that wait for it. */
  move(px: string): Promise<void> {
    this.px = px
    return this.#do(() => this.#match())
  }

  /** Somebody else places an order with the account. */
  placeForeign(id: string, terms: Omit<PlaceOrder, 'type' | 'clOrdId' | 'symbol'>): Promise<void> {
    const order: PlaceOrder = { type: 'PLACE_ORDER', clOrdId: id, symbol: this.options.symbol, ...terms }
    return this.#do(() => this.#open(order))
  }

  /** Some of an order is filled at a price. */
  fill(clOrdId: string, qty: string, px: string): Promise<void> {
    return this.#do(() => this.#fill(this.#order(clOrdId), qty, px))
  }

  /** Whatever Binance may say. */
  tell(message: Message): Promise<void> {
    return this.#do(() => this.#tell(message))
  }

  /** Money comes or goes other than by a trade: an `ACCOUNT_UPDATE` of the futures. */
  async flow(
    reason: string,
    change: string,
    { at = this.now, positions = [] as object[] } = {},
  ): Promise<Message> {
    const { cash } = this.wallet
    this.wallet.credit(cash, change)
    const balance = { a: cash, wb: this.wallet.owned(cash), cw: this.wallet.owned(cash), bc: change }
    const message = { e: 'ACCOUNT_UPDATE', T: at, E: at, a: { m: reason, B: [balance], P: positions } }
    await this.tell(message)
    return message
  }

  /** Coins come or go at spot: a `balanceUpdate`, and the balance itself. */
  async transfer(asset: string, change: string): Promise<void> {
    this.wallet.credit(asset, change)
    await this.tell({ e: 'balanceUpdate', E: this.now, a: asset, d: change, T: this.now })
    await this.#do(() => this.#tellBalances([asset]))
  }

  /** What Binance says of an order; `change` are fields of its message. */
  message(clOrdId: string, change: object): Message {
    const { isSpot } = this.wallet
    const place = { isSpot, symbol: this.options.symbol, at: this.now, id: ++this.#lastId }
    return messageOf(this.#order(clOrdId), place, change)
  }

  /** Quantity of the position: of a contract. */
  position(name = this.options.symbol): string {
    return this.wallet.held(name)
  }

  /** Orders that work, by id: what is left of each. */
  live(): Record<string, string> {
    return Object.fromEntries(this.#working.map((order) => [order.id, left(order)]))
  }

  /** Quantity that live stops would sell, or buy back. */
  stopQty(): string {
    const stops = this.#working.filter(({ terms }) => terms.stopPx !== undefined)
    return stops.map(left).reduce(decimal.add, '0')
  }

  /** What was bought and sold, in order: `a BUY 1`. */
  get dealt(): string[] {
    return this.trades.map(({ order: { id, terms }, qty }) => `${id} ${terms.side} ${qty}`)
  }

  get #working(): ExchangeOrder[] {
    return [...this.orders.values()].filter(isOpen)
  }

  /** @throws where it has none of this id: a test that names one is wrong about what happened. */
  #order(clOrdId: string): ExchangeOrder {
    const order = this.orders.get(clOrdId)
    if (order === undefined) throw new Error(`the exchange has no order ${clOrdId}`)
    return order
  }

  #do(task: () => Promise<void>): Promise<void> {
    this.#work = this.#work.then(task)
    return this.#work
  }

  async #take(intent: Intent): Promise<void> {
    if (this.options.checksIds) this.#ids ??= new WireIds(intent.port, SHORT_ID)
    const request = this.#asTold(intent.event as Request)
    switch (request.type) {
      case 'PLACE_ORDER':
        return this.#place(intent, request)
      case 'CANCEL_ORDER':
        return this.#cancel(intent, request)
      case 'REPLACE_ORDER':
        // Binance amends no conditional order, and of a spot order only the quantity, downwards.
        return this.#refuseChange(intent, request, '-5000: This order cannot be amended.')
      case 'ORDER_STATUS_REQUEST':
        return this.#answer(intent, this.#statusOf(request))
      case 'VENUE_STATE_REQUEST':
        return this.#answer(intent, { ...this.#stateSince(request.since), here: this.#booksHere(intent) })
    }
  }

  async #place(intent: Intent, terms: PlaceOrder): Promise<void> {
    const refusal = this.orders.has(terms.clOrdId)
      ? '-2010: Duplicate order sent.'
      : refusalOf(terms, this.options, this.wallet, this.px)
    if (refusal !== undefined) return this.#refuse(intent, terms, refusal)
    await this.#open(terms, intent)
  }

  async #open(terms: PlaceOrder, asked?: Intent): Promise<void> {
    const { clOrdId: id, side } = terms
    const { base, quote } = this.options
    const hold =
      side === 'SELL' ? { asset: base, each: '1' } : { asset: quote, each: valuedAt(terms, this.px) }
    const order: ExchangeOrder = {
      id,
      venueOrderId: ++this.#lastId,
      terms,
      at: this.now,
      ...(this.wallet.isSpot && { hold }),
      status: 'NEW',
      cumQty: '0',
      cost: '0',
    }
    this.orders.set(id, order)
    this.#lock(order, terms.orderQty)
    await this.#report(order, { x: 'NEW' }, asked)
    await this.#tellBalances()
    await this.#match()
  }

  async #cancel(intent: Intent, request: CancelOrder): Promise<void> {
    const { clOrdId, origClOrdId } = request
    const idRefusal = idRefusalOf(clOrdId, this.options)
    if (idRefusal !== undefined) return this.#refuseChange(intent, request, idRefusal)
    const order = this.orders.get(origClOrdId)
    if (order === undefined || !isOpen(order))
      return this.#refuseChange(intent, request, '-2011: Unknown order sent.')
    order.status = 'CANCELED'
    this.#lock(order, decimal.negate(left(order)))
    await this.#report(
      order,
      { x: 'CANCELED', ...(this.wallet.isSpot && { c: clOrdId, C: order.id }) },
      intent,
    )
    await this.#tellBalances()
  }

  async #refuse(intent: Intent, order: PlaceOrder, text: string): Promise<void> {
    const { clOrdId, symbol, side, orderQty, ordType } = order
    this.refusals.push(`${text} (${side} ${ordType} ${orderQty}, ${clOrdId})`)
    const id = `refused-${++this.#lastId}`
    const nothing = { cumQty: '0', leavesQty: '0', avgPx: '0', ordRejReason: 'OTHER' }
    await this.#answer(intent, {
      type: 'EXECUTION_REPORT',
      at: this.now,
      execType: 'REJECTED',
      ordStatus: 'REJECTED',
      clOrdId: this.#identify(clOrdId).clOrdId,
      venueOrderId: id,
      execId: id,
      symbol,
      side,
      orderQty,
      ...nothing,
      text,
    })
  }

  async #refuseChange(intent: Intent, request: CancelOrder | ReplaceOrder, text: string): Promise<void> {
    const { clOrdId, origClOrdId } = request
    this.refusals.push(`${text} (${clOrdId})`)
    const of = {
      clOrdId: this.#identify(clOrdId).clOrdId,
      origClOrdId: this.#identify(origClOrdId).clOrdId,
    }
    await this.#answer(intent, { type: 'ORDER_CANCEL_REJECT', at: this.now, ...of, text })
  }

  async #match(): Promise<void> {
    for (const order of this.#working) {
      const { terms } = order
      const rests = terms.ordType === 'LIMIT' && !isWithin(terms, this.px)
      const waits = terms.stopPx !== undefined && !isTriggered(terms, this.px)
      if (rests || waits || terms.ordType === 'TRAILING_STOP') continue
      const isCapped = terms.reduceOnly && !this.wallet.isSpot
      const qty = isCapped ? decimal.min(left(order), this.wallet.reducible(terms)) : left(order)
      if (decimal.isZero(qty)) await this.#expire(order)
      else await this.#fill(order, qty, terms.price ?? this.px)
    }
  }

  /** It only reduces, and there is nothing to reduce. */
  async #expire(order: ExchangeOrder): Promise<void> {
    order.status = 'EXPIRED'
    await this.#tell(this.message(order.id, { x: 'EXPIRED', er: '6' }))
  }

  async #fill(order: ExchangeOrder, qty: string, px: string): Promise<void> {
    this.#lock(order, decimal.negate(qty))
    order.cumQty = decimal.add(order.cumQty, qty)
    order.cost = decimal.add(order.cost, decimal.multiply(qty, px))
    order.status = decimal.isZero(left(order)) ? 'FILLED' : 'PARTIALLY_FILLED'
    const { amount: n, asset: N } = this.wallet.take({ terms: order.terms, qty, px })
    const trade = { x: 'TRADE', l: qty, L: px, n, N, t: ++this.#lastId }
    const message = this.message(order.id, trade)
    const [told] = decodeUserMessage(JSON.stringify(message), 'binance', this.#ids).reports
    this.trades.push({ order, qty, report: told?.event as ExecutionReport })
    await this.#tell(message)
    await this.#tellBalances()
  }

  /** For a quantity of the order, or, below zero, no more for it. */
  #lock({ hold }: ExchangeOrder, qty: string): void {
    if (hold !== undefined) this.wallet.lock(hold.asset, decimal.multiply(qty, hold.each))
  }

  async #report(order: ExchangeOrder, change: object, answered?: Intent): Promise<void> {
    await this.#tell(this.message(order.id, change), answered && settling(answered))
  }

  async #tellBalances(assets = [this.options.base, this.options.quote]): Promise<void> {
    const { isSpot, free, locked } = this.wallet
    if (!isSpot) return
    const B = assets.map((a) => ({ a, f: free[a] ?? '0', l: locked[a] ?? '0' }))
    await this.#tell({ e: 'outboundAccountPosition', E: this.now, u: this.now, B })
  }

  async #tell(message: Message, reply = {}): Promise<void> {
    for (const { to, event } of this.#decoded(message)) {
      try {
        await this.#context.send(to, event, { at: this.now, ...reply })
      } catch (error) {
        this.undelivered.push((error as Error).message)
      }
    }
  }

  #decoded(message: Message): readonly { to: string; event: AnyEvent }[] {
    try {
      return decodeUserMessage(JSON.stringify(message), 'binance', this.#ids).reports
    } catch (error) {
      this.undelivered.push((error as Error).message)
      return []
    }
  }

  #answer(intent: Intent, event: AnyEvent): Promise<void> {
    return this.#context.send(intent.actor, event, { at: this.now, ...settling(intent) })
  }

  #statusOf({ clOrdId }: OrderStatusRequest): AnyEvent {
    const order = this.orders.get(this.#ids === undefined ? clOrdId.replace(/\/\d+$/, '') : clOrdId)
    if (order === undefined)
      return { type: 'ORDER_UNKNOWN', at: this.now, clOrdId: this.#identify(clOrdId).clOrdId }
    const { symbol, side, orderQty } = order.terms
    const report = {
      type: 'EXECUTION_REPORT',
      at: this.now,
      execType: 'ORDER_STATUS',
      symbol,
      side,
      orderQty,
    }
    const { clOrdId: of } = this.#identify(order.id)
    return { ...report, ...standing(order), clOrdId: of, execId: `status-${++this.#lastId}` }
  }

  /** As the adapter tells it: ids are wire ids, and what is somebody else's goes by its own. */
  #asTold(request: Request): Request {
    const ids = this.#ids
    if (ids === undefined || request.type === 'VENUE_STATE_REQUEST') return request
    if (request.type === 'PLACE_ORDER') return { ...request, clOrdId: ids.toWire(request.clOrdId) }
    const { foreignId } = request
    if (request.type === 'ORDER_STATUS_REQUEST')
      return { ...request, clOrdId: foreignId ?? ids.toWire(request.clOrdId) }
    const origClOrdId = foreignId ?? ids.toWire(request.origClOrdId)
    return { ...request, clOrdId: ids.toWire(request.clOrdId), origClOrdId }
  }

  #identify(id: string): Identity {
    return this.#ids?.identify(id) ?? { clOrdId: id }
  }

  #booksHere({ port }: Intent): AccountBooks {
    return booksWithCoins(this.#context?.getSnapshot(`account/${port}`)?.context as AccountContext)
  }

  #stateSince(since: number): Omit<VenueState, 'here'> {
    const { symbol, base, tellsHoldings } = this.options
    const { isSpot, holdings, assets } = this.wallet
    const owned = tellsHoldings ? [{ symbol, quantity: this.wallet.owned(base) }] : []
    const recent = this.trades.filter(({ report }) => report.at >= since)
    return {
      type: 'VENUE_STATE',
      at: this.now,
      openOrders: this.#working.map((order) => ({
        ...termsIn(order),
        ...standing(order),
        ...this.#identify(order.id),
      })),
      fills: recent.map(({ order, report }) => {
        const { clOrdId, ...foreign } = this.#identify(order.id)
        return { order: orderAddress(clOrdId), terms: { ...termsIn(order), ...foreign }, report }
      }),
      flows: [],
      positions: isSpot ? owned : [...holdings],
      balances: assets.map((asset) => ({ asset, balance: this.wallet.owned(asset) })),
    }
  }
}

function left({ terms, cumQty }: ExchangeOrder): string {
  return decimal.subtract(terms.orderQty, cumQty)
}

function standing(order: ExchangeOrder) {
  const { id: clOrdId, venueOrderId, status: ordStatus, cumQty, cost } = order
  const leavesQty = isOpen(order) ? left(order) : '0'
  const avgPx = decimal.isZero(cumQty) ? '0' : decimal.divide(cost, cumQty)
  return { clOrdId, venueOrderId: String(venueOrderId), ordStatus, cumQty, leavesQty, avgPx }
}

function termsIn({ terms: { type: _type, clOrdId: _id, ...terms } }: ExchangeOrder) {
  return terms
}

function settling({ id, seq, correlation }: Intent) {
  return { completes: id, cause: seq, correlation }
}
