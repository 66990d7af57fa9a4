import { mkdirSync } from 'node:fs'
import { Level } from 'level'
import { MemoryLevel } from 'memory-level'
import { OutcryError } from '../../../store/index.ts'
import type { MarketMessage } from '../market.ts'
import type { PaperVenue, VenueOrder, VenueReport } from '../venue.ts'
import { type Execution, Matching, type MatchingOptions } from './matching.ts'
import { emptyState, type PaperOrder, type VenueRequest, type VenueState } from './state.ts'

export interface PaperVenueOptions extends MatchingOptions {
  /** Folder of its own; undefined keeps all in memory. */
  readonly location: string | undefined
  /** Event time that a request takes to the venue, and a report back. */
  readonly latencyMs: number
}

type Database = Level<string, string>

const STATE = 'state'
const DIGITS = 12
const reportKey = (position: number) => `r!${String(position).padStart(DIGITS, '0')}`
const orderKey = (clOrdId: string) => `o!${clOrdId}`
const cancelKey = (clOrdId: string) => `c!${clOrdId}`

/** @throws VENUE_OPEN_FAILED */
export async function openPaperVenue(options: PaperVenueOptions): Promise<PaperVenue> {
  const { location } = options
  const db =
    location === undefined
      ? (new MemoryLevel<string, string>() as unknown as Database)
      : new Level<string, string>(location)
  try {
    if (location !== undefined) mkdirSync(location, { recursive: true })
    await db.open()
  } catch (error) {
    const cause = (error as { cause?: Error }).cause ?? (error as Error)
    throw new OutcryError(
      'VENUE_OPEN_FAILED',
      `the paper venue's folder ${location} cannot be opened: ${cause.message}`,
      'Another runner may hold it; stop that one, or give this one another data folder.',
      { cause: error },
    )
  }
  const stored = await db.get(STATE)
  const reports: VenueReport[] = []
  for await (const value of db.values({ gte: 'r!', lt: 'r"' })) reports.push(JSON.parse(value) as VenueReport)
  return new Paper(
    options,
    db,
    stored === undefined ? emptyState() : (JSON.parse(stored) as VenueState),
    reports,
  )
}

/**
 * The matching engine with a disk under it. The whole state goes down with each change, as of the last market message
 * taken in; messages that change nothing but the view of the market are not written, and are fed again after a crash.
 */
class Paper implements PaperVenue {
  readonly name: string
  readonly #latencyMs: number
  readonly #db: Database
  readonly #state: VenueState
  readonly #matching: Matching
  /** Durable ones; the index is the position less one. */
  readonly #reports: VenueReport[]
  #unsaved: VenueReport[] = []
  #closed: PaperOrder[] = []
  #cancels: string[] = []
  #requested = new Set<string>()
  #dirty = false
  #durablePosition: number

  constructor(options: PaperVenueOptions, db: Database, state: VenueState, reports: VenueReport[]) {
    this.name = options.name
    this.#latencyMs = options.latencyMs
    this.#db = db
    this.#state = state
    this.#reports = reports
    this.#durablePosition = state.marketPosition
    this.#matching = new Matching(options, state, {
      execution: (execution) => this.#onExecution(execution),
      closed: (order) => this.#closed.push(order),
    })
  }

  get marketPosition(): number {
    return this.#durablePosition
  }

  get dirty(): boolean {
    return this.#dirty
  }

  get nextAt(): number | undefined {
    return this.#state.inFlight[0]?.arriveAt
  }

  place(order: Parameters<PaperVenue['place']>[0]): void {
    if (this.#requested.has(order.clOrdId) || this.lookup(order.clOrdId) !== undefined) return
    this.#send({ kind: 'place', ...order })
  }

  cancel(request: Parameters<PaperVenue['cancel']>[0]): void {
    const { clOrdId, origClOrdId, actor, at, ref } = request
    if (this.#requested.has(clOrdId) || this.#db.getSync(cancelKey(clOrdId)) !== undefined) return
    this.#cancels.push(clOrdId)
    this.#send({ kind: 'cancel', clOrdId, origClOrdId, actor, at, ref })
  }

  onMarket(message: MarketMessage): void {
    if (message.position <= this.#state.marketPosition) return
    this.advance(message.at)
    this.#state.marketPosition = message.position
    this.#matching.takeMarket(message)
  }

  advance(at: number): void {
    const { inFlight } = this.#state
    for (let next = inFlight[0]; next !== undefined && next.arriveAt <= at; next = inFlight[0]) {
      inFlight.shift()
      this.#state.now = Math.max(this.#state.now, next.arriveAt)
      this.#dirty = true
      this.#matching.takeRequest(next.request)
    }
  }

  lookup(clOrdId: string): VenueOrder | undefined {
    const open = this.#state.open.find((order) => order.clOrdId === clOrdId)
    const closed = open ?? this.#closed.find((order) => order.clOrdId === clOrdId)
    if (closed !== undefined) return viewOf(closed)
    const stored = this.#db.getSync(orderKey(clOrdId))
    if (stored !== undefined) return JSON.parse(stored) as VenueOrder
    const onItsWay = this.#state.inFlight.find(({ request }) => request.clOrdId === clOrdId)?.request
    return onItsWay?.kind === 'place' ? pending(onItsWay) : undefined
  }

  openOrders(): readonly VenueOrder[] {
    return this.#state.open.map(viewOf)
  }

  fillsSince(at: number): readonly VenueReport[] {
    return this.#reports.filter(({ report }) => 'lastQty' in report && report.at >= at)
  }

  reportsAfter(position: number): readonly VenueReport[] {
    return this.#reports.slice(position)
  }

  async flush(): Promise<void> {
    if (!this.#dirty) return
    const reports = this.#unsaved
    const closed = this.#closed
    const cancels = this.#cancels
    this.#dirty = false
    this.#unsaved = []
    this.#closed = []
    this.#cancels = []
    const { marketPosition } = this.#state
    const put = (key: string, value: unknown) => ({ type: 'put' as const, key, value: JSON.stringify(value) })
    await this.#db.batch(
      [
        put(STATE, this.#state),
        ...reports.map((report) => put(reportKey(report.position), report)),
        ...closed.map((order) => put(orderKey(order.clOrdId), viewOf(order))),
        ...cancels.map((clOrdId) => put(cancelKey(clOrdId), true)),
      ],
      { sync: true } as object,
    )
    this.#durablePosition = marketPosition
    this.#reports.push(...reports)
    this.#requested.clear()
  }

  async close(): Promise<void> {
    await this.flush()
    await this.#db.close()
  }

  #send(request: VenueRequest): void {
    const { inFlight } = this.#state
    const arriveAt = request.at + this.#latencyMs
    const place = inFlight.findIndex((other) => other.arriveAt > arriveAt)
    inFlight.splice(place < 0 ? inFlight.length : place, 0, { arriveAt, request })
    this.#requested.add(request.clOrdId)
    this.#dirty = true
  }

  #onExecution({ at, order, report, settles }: Execution): void {
    const state = this.#state
    this.#dirty = true
    state.reports++
    state.lastReportAt = Math.max(state.lastReportAt, at + this.#latencyMs)
    this.#unsaved.push({
      position: state.reports,
      at: state.lastReportAt,
      actor: order.actor,
      report,
      ...(settles !== undefined && { settles }),
      ref: order.ref,
    })
  }
}

function viewOf(order: PaperOrder): VenueOrder {
  const { clOrdId, orderId, actor, symbol, side, ordType, ordStatus, orderQty, cumQty, leavesQty, avgPx } =
    order
  return { clOrdId, orderId, actor, symbol, side, ordType, ordStatus, orderQty, cumQty, leavesQty, avgPx }
}

function pending(request: VenueRequest & { kind: 'place' }): VenueOrder {
  const { clOrdId, actor, symbol, side, ordType, orderQty } = request
  const none = { cumQty: '0', leavesQty: orderQty, avgPx: '0' }
  return { clOrdId, orderId: '', actor, symbol, side, ordType, ordStatus: 'PENDING_NEW', orderQty, ...none }
}
