/** A whole account on the paper venue, in a time and at prices that a test sets. */
import { Observable, type Subscriber } from 'rxjs'
import { withMovements } from '../../machines/account/portfolio.ts'
import {
  type DomainEvent,
  type ExecType,
  type ListRequest,
  machines,
  type Strategy,
} from '../../machines/index.ts'
import { nameIn } from '../../machines/model/ids.ts'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../../src/adapters/market-source.ts'
import { withWireIds } from '../../src/adapters/paper/edge.ts'
import { openPaperVenue } from '../../src/adapters/paper/paper-venue.ts'
import type { PaperVenue } from '../../src/adapters/paper/venue.ts'
import { VenuePort } from '../../src/adapters/venue-port.ts'
import { WireIds } from '../../src/adapters/wire-ids.ts'
import { BUILT_IN_STRATEGIES, kindsOf } from '../../src/runner/actors/strategies.ts'
import { runnerConfig } from '../../src/runner/config/schema.ts'
import { EventTimeDriver } from '../../src/runner/drivers/event-time.ts'
import type { Port } from '../../src/runtime/port.ts'
import { boot } from '../runner/boot.ts'
import { Harness } from '../runtime/harness.ts'

export const SYMBOL = 'BTCUSDT'
const VENUE = 'paper'
const LATENCY_MS = 20

export class Floor {
  readonly #harness = new Harness()
  readonly #venue: PaperVenue
  /** What others reach, who know nothing of our ids. */
  readonly #exchange: PaperVenue
  readonly #market: HandMadeMarket
  readonly #owner: string
  readonly #lost = new Set<string>()
  readonly #deposits: { asset: string; change: string }[] = []
  #isAway = false

  private constructor(exchange: PaperVenue, market: HandMadeMarket, owner: string, shortId?: string) {
    this.#exchange = exchange
    this.#venue = shortId === undefined ? exchange : withWireIds(exchange, new WireIds(VENUE, shortId))
    this.#market = market
    this.#owner = owner
  }

  /**
   * Of a runner's configuration; there are no strategies, but modules for them by type. The price is 100. With a short id the venue is
   * told wire ids, as a runner's is.
   */
  static async open(
    config: object = {},
    modules: Record<string, Strategy> = {},
    shortId?: string,
  ): Promise<Floor> {
    const { instruments, ...parsed } = runnerConfig.parse({ strategies: [], ...config })
    const books = { instruments, openingBalances: { USDT: '100000' } }
    const options = { location: undefined, name: 'paper:books', latencyMs: LATENCY_MS, ...books }
    const venue = await openPaperVenue({ ...options, takerFee: '0', makerFee: '0' })
    const market = new HandMadeMarket()
    const floor = new Floor(venue, market, 'strategy/mine', shortId)
    await floor.#begin({ instruments, ...parsed }, modules)
    return floor
  }

  async #begin(
    config: ReturnType<typeof runnerConfig.parse>,
    modules: Record<string, Strategy>,
  ): Promise<void> {
    const harness = this.#harness
    const balances = () => withMovements(this.#venue.balances(), this.#deposits)
    const port = new VenuePort(instead(this.#venue, { balances }), () => {})
    const wire: Port = {
      start: (context) => port.start(context),
      deliver: (intent) => (this.#isAway ? Promise.reject(new Error('no route')) : port.deliver(intent)),
      recover: (intent) => port.recover(intent),
    }
    const ports = { [VENUE]: wire }
    const strategies = new Map([...BUILT_IN_STRATEGIES, ...Object.entries(modules)])
    const supervisor = await harness.open({ machines: { ...machines, ...kindsOf(strategies) }, ports })
    const at = harness.clock.now()
    await boot(supervisor, config, { venue: VENUE, symbols: [SYMBOL], at, strategies })
    const { clock } = harness
    const driver = new EventTimeDriver({
      supervisor,
      clock,
      market: this.#market,
      venues: [{ venue: losing(this.#venue, (report) => this.#lost.has(report)) }],
      speed: 'max',
    })
    driver.run().catch((error) => harness.errors.push(String(error)))
    await this.price('100')
  }

  get at(): number {
    return this.#market.at
  }

  get harness(): Harness {
    return this.#harness
  }

  get venue(): PaperVenue {
    return this.#venue
  }

  /** One trade at the price, and a quote a cent around it with much behind it. */
  async price(px: string, size = '1000'): Promise<void> {
    const at = this.at + 1
    const [bid, ask] = [String(Number(px) - 0.01), String(Number(px) + 0.01)]
    await this.#market.send({ type: 'QUOTE', at, bid, bidSize: size, ask, askSize: size })
    await this.#market.send({ type: 'TRADE', at, tradeId: `t${at}`, px, qty: '0.000001', aggressor: 'BUY' })
    await this.#harness.supervisor.idle()
  }

  /** Funding falls due. */
  async funding(rate: string, px: string): Promise<void> {
    await this.#market.send({ type: 'FUNDING', at: this.at + 1, rate, px })
    await this.pass()
  }

  /** Time passes: what is under way arrives, timers fire. */
  async pass(ms = 5 * LATENCY_MS): Promise<void> {
    await this.#market.send({ type: 'CONNECTION', at: this.at + ms, status: 'connected' })
    await this.#harness.supervisor.idle()
  }

  async send(to: string, event: { type: string; [field: string]: unknown }): Promise<void> {
    await this.#harness.supervisor.send(to, { at: this.at, ...event }, { at: this.at })
  }

  /** An order of its own, at market where nothing else is said. */
  async order(clOrdId: string, change: object = {}): Promise<void> {
    await this.send(`account/${VENUE}`, {
      type: 'ORDER_REQUEST',
      clOrdId,
      owner: this.#owner,
      venue: VENUE,
      symbol: SYMBOL,
      side: 'BUY',
      ordType: 'MARKET',
      orderQty: '2',
      timeInForce: 'GTC',
      refPx: '100',
      ...change,
    })
    await this.pass()
  }

  /** A long of 2 with a stop at 95 and a target at 110, where nothing else is said. */
  async bracket(id: string, change: Partial<ListRequest> = {}): Promise<void> {
    const exit = { side: 'SELL', orderQty: '2', timeInForce: 'GTC', reduceOnly: true } as const
    await this.send(`list/${id}`, {
      type: 'LIST_REQUEST',
      owner: this.#owner,
      venue: VENUE,
      symbol: SYMBOL,
      contingencyType: 'OTOCO',
      orders: [
        { legId: 'entry', side: 'BUY', ordType: 'MARKET', orderQty: '2', timeInForce: 'GTC' },
        { legId: 'stop', ordType: 'STOP', stopPx: '95', ...exit },
        { legId: 'target', ordType: 'LIMIT', price: '110', ...exit },
      ],
      refPx: '100',
      ...change,
    })
  }

  /** Such reports do not reach us from now on. */
  loseReports(kind: ExecType | 'ORDER_CANCEL_REJECT' | 'CASH_FLOW_REPORT'): void {
    this.#lost.add(kind)
  }

  /** Somebody pays money into our account, at the venue itself. */
  deposit(asset: string, amount: string): void {
    this.#deposits.push({ asset, change: amount })
  }

  /** Requests do not reach the venue. */
  disconnect(): void {
    this.#isAway = true
  }

  connect(): void {
    this.#isAway = false
  }

  /** Somebody else places an order with our account, at the venue itself: to buy 3 at 80. */
  async orderAtVenue(id: string): Promise<void> {
    const ref = { seq: 1, correlation: 'c', intent: `by-hand-${id}` }
    const terms = { side: 'BUY', ordType: 'LIMIT', orderQty: '3', price: '80', timeInForce: 'GTC' } as const
    const order = { type: 'PLACE_ORDER', clOrdId: id, symbol: SYMBOL, ...terms } as const
    this.#lost.add('NEW')
    this.#exchange.place({ ...order, actor: `order/${id}`, at: this.at, ref })
    await this.pass()
    this.#lost.delete('NEW')
  }

  /** Somebody else cancels an order, at the venue itself. */
  async cancelAtVenue(id: string): Promise<void> {
    const ref = { seq: 1, correlation: 'c', intent: `by-hand-${id}` }
    const request = { type: 'CANCEL_ORDER', clOrdId: `by-hand-${id}`, origClOrdId: id } as const
    this.#exchange.cancel({ ...request, actor: `order/${id}`, at: this.at, ref })
    await this.pass()
  }

  value(address: string): unknown {
    return this.#harness.value(address)
  }

  /** Of a list. */
  phase(id: string): unknown {
    const value = this.value(`list/${id}`) as string | { held: string }
    return typeof value === 'string' ? value : value.held
  }

  /** Quantity of the position. */
  get held(): string {
    return (this.#harness.context(`position/${VENUE}:${SYMBOL}`) as { quantity: string }).quantity
  }

  /** What works at the venue, by ClOrdID without the venue's name: quantity left and its price. */
  working(): Record<string, string> {
    const orders = this.#venue.openOrders().map((order) => {
      const [id] = [...(order.origClOrdIds ?? []), order.clOrdId]
      return [nameIn(VENUE, id as string), `${order.leavesQty} at ${order.stopPx ?? order.price ?? 'market'}`]
    })
    return Object.fromEntries(orders)
  }

  async emitted<T extends DomainEvent['type']>(type: T): Promise<Extract<DomainEvent, { type: T }>[]> {
    const all = (await this.#harness.records()).flatMap((record) => record.emitted ?? [])
    return all.filter((event) => event.type === type) as Extract<DomainEvent, { type: T }>[]
  }
}

/** The venue, with reports lost on their way: what of them counts as read is for the next one to say. */
function losing(venue: PaperVenue, isLost: (kind: string) => boolean): PaperVenue {
  return instead(venue, {
    reportsAfter: (position) =>
      venue.reportsAfter(position).map((report) => {
        const { type, execType = type } = report.report as { type: string; execType?: string }
        return isLost(execType) ? { ...report, actor: 'order/nobody' } : report
      }),
  })
}

/** The venue, with these of its methods. */
function instead(venue: PaperVenue, methods: Partial<PaperVenue>): PaperVenue {
  return new Proxy(venue, {
    get: (target, name) => {
      if (name in methods) return methods[name as keyof PaperVenue]
      const value = Reflect.get(target, name, target) as unknown
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** A market whose messages come when a test sends them. */
class HandMadeMarket implements MarketSource {
  readonly name = 'hand'
  readonly time = 'event'
  readonly startsAt = 1_000
  readonly instruments = [`${VENUE}:${SYMBOL}`]
  readonly counts = {}
  readonly refused = {}
  at = 1_000
  #position = 0
  #subscriber: Subscriber<MarketMessage> | undefined
  #pace: MarketOpenOptions['pace']

  open({ pace }: MarketOpenOptions = {}): Observable<MarketMessage> {
    this.#pace = pace
    return new Observable((subscriber) => {
      this.#subscriber = subscriber
    })
  }

  async send(event: MarketMessage['event']): Promise<void> {
    this.at = event.at
    const message = { position: ++this.#position, at: event.at, venue: VENUE, symbol: SYMBOL, event }
    await this.#pace?.(message)
    this.#subscriber?.next(message)
  }
}
