/**
 * A venue that fills every order at once, at the last price. Its books are in memory, so a log cannot be continued with
 * it.
 */
import { contractOf } from '../../../machines/account/instrument.ts'
import { movementsOf } from '../../../machines/account/portfolio.ts'
import type { CancelOrder, ExecutionReport, PlaceOrder, ReplaceOrder } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import type { VenueContext } from '../adapter.ts'
import type { VenueCapabilities } from '../capabilities.ts'
import type { MarketMessage } from '../market-source.ts'
import type { RequestHeader, SimulatedVenue, Simulation, VenueOrder, VenueReport } from '../venue.ts'

const CAPABILITIES: VenueCapabilities = {
  orderTypes: ['MARKET'],
  timeInForce: ['GTC', 'IOC'],
  amend: 'none',
  nativeLists: [],
  reduceOnly: false,
  hedgeMode: false,
  feeAssets: [],
  ids: {},
  limits: {},
}

export class InstantVenue implements SimulatedVenue {
  readonly name: string
  readonly capabilities = CAPABILITIES
  readonly #context: VenueContext
  readonly #prices = new Map<string, string>()
  readonly #orders = new Map<string, VenueOrder>()
  readonly #reports: VenueReport[] = []
  readonly #positions: Record<string, string> = {}
  readonly #balances: Record<string, string>
  #isDirty = false
  #marketPosition = 0

  constructor(context: VenueContext) {
    this.name = `instant:${context.venue}`
    this.#context = context
    this.#balances = { ...context.openingBalances }
  }

  place(request: PlaceOrder & RequestHeader): void {
    const { clOrdId, orderQty, symbol, side, ordType, timeInForce, actor } = request
    if (this.#orders.has(clOrdId)) return
    const venueOrderId = `${this.name}-${this.#orders.size + 1}`
    const px = this.#prices.get(symbol)
    const isTaken = CAPABILITIES.orderTypes.includes(ordType) && px !== undefined
    const filled = isTaken
      ? { ordStatus: 'FILLED' as const, cumQty: orderQty, leavesQty: decimal.ZERO, avgPx: px }
      : { ordStatus: 'REJECTED' as const, cumQty: decimal.ZERO, leavesQty: decimal.ZERO, avgPx: decimal.ZERO }
    this.#orders.set(clOrdId, {
      clOrdId,
      venueOrderId,
      actor,
      symbol,
      side,
      ordType,
      timeInForce,
      orderQty,
      ...filled,
    })
    const of = { clOrdId, venueOrderId, symbol, side, orderQty, ...filled }
    if (!isTaken) {
      this.#report(request, {
        ...of,
        execType: 'REJECTED',
        text: 'only market orders, once there is a price',
      })
      return
    }
    const contract = contractOf(this.#context.instruments, symbol)
    const deal = {
      symbol,
      side,
      lastQty: orderQty,
      lastPx: px,
      commission: decimal.ZERO,
      commissionAsset: contract.settleAsset,
    }
    for (const { asset, change } of movementsOf({ type: 'FILL', ...deal }, contract))
      this.#balances[asset] = decimal.add(this.#balances[asset] ?? decimal.ZERO, change)
    const change = side === 'BUY' ? orderQty : decimal.negate(orderQty)
    this.#positions[symbol] = decimal.add(this.#positions[symbol] ?? decimal.ZERO, change)
    this.#report(request, {
      ...of,
      ...deal,
      execType: 'TRADE',
      tradeId: `${venueOrderId}-t`,
      liquidity: 'TAKER',
    })
  }

  /** Refuses a cancel, because every order has ended. */
  cancel(request: CancelOrder & RequestHeader): void {
    this.#reject(request)
  }

  replace(request: ReplaceOrder & RequestHeader): void {
    this.#reject(request)
  }

  status(clOrdId: string): VenueOrder | undefined {
    return this.#orders.get(clOrdId)
  }

  openOrders(): readonly VenueOrder[] {
    return []
  }

  pendingOrders(): readonly VenueOrder[] {
    return []
  }

  positions(): Readonly<Record<string, string>> {
    return { ...this.#positions }
  }

  balances(): Readonly<Record<string, string>> {
    return { ...this.#balances }
  }

  movementsSince(at: number): readonly VenueReport[] {
    return this.#reports.filter(
      (one) => one.at >= at && one.report.type === 'EXECUTION_REPORT' && one.report.execType === 'TRADE',
    )
  }

  reportsAfter(position: number): readonly VenueReport[] {
    return this.#reports.slice(position)
  }

  get dirty(): boolean {
    return this.#isDirty
  }

  async flush(): Promise<void> {
    this.#isDirty = false
  }

  async close(): Promise<void> {}

  get simulation(): Simulation {
    return {
      onMarket: (message) => this.#onMarket(message),
      advance() {},
      arrivesAt: undefined,
      nextAt: undefined,
      marketPosition: this.#marketPosition,
    }
  }

  #onMarket({ symbol, event, position }: MarketMessage): void {
    if (event.type === 'TRADE') this.#prices.set(symbol, event.px)
    this.#marketPosition = position
  }

  #report({ actor, at, ref }: RequestHeader, of: Omit<ExecutionReport, 'type' | 'at' | 'execId'>): void {
    const execId = `${this.name}-e${this.#reports.length + 1}`
    this.#add({
      actor,
      at,
      ref,
      completes: ref.intent,
      report: { type: 'EXECUTION_REPORT', at, execId, ...of },
    })
  }

  #reject({ actor, at, ref, clOrdId, origClOrdId }: (CancelOrder | ReplaceOrder) & RequestHeader): void {
    const text = 'every order is filled at once'
    const report = { type: 'ORDER_CANCEL_REJECT', at, clOrdId, origClOrdId, text } as const
    this.#add({ actor, at, ref, completes: ref.intent, report })
  }

  #add(report: Omit<VenueReport, 'position'>): void {
    this.#reports.push({ ...report, position: this.#reports.length + 1 })
    this.#isDirty = true
  }
}
