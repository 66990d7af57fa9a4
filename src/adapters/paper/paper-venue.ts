import type { CancelOrder, PlaceOrder, ReplaceOrder } from '../../../machines/index.ts'
import * as decimal from '../../../machines/model/decimal.ts'
import { ownOf } from '../../../machines/model/own.ts'
import { type Interruptible, OutcryError } from '../../../store/index.ts'
import type { VenueCapabilities } from '../capabilities.ts'
import type { MarketMessage } from '../market-source.ts'
import type { BookEntries, Life, RequestHeader, VenueOrder, VenueReport } from '../venue.ts'
import type { WireIds } from '../wire-ids.ts'
import { type Durable, durableOf, Group, pendingView } from './durable.ts'
import { withWireIds } from './edge.ts'
import { takeCancel, takeMarket, takeOrder, takeReplace, takeTime } from './engine/engine.ts'
import type { Execution } from './engine/execution.ts'
import { arrived, dispatch } from './engine/in-flight.ts'
import { type Latency, latencyOf } from './engine/latency.ts'
import type { Terms } from './engine/profile.ts'
import type { ProfileName } from './engine/profile-name.ts'
import { encodeState, idsOf, type VenueRequest, type VenueState } from './engine/state.ts'
import { PROFILES } from './profiles/profiles.ts'
import type { PaperVenue } from './venue.ts'
import { openVenueFolder, type VenueFolder } from './venue-folder.ts'

type Optional = 'instruments' | 'openingBalances'

export interface PaperVenueOptions
  extends Omit<Terms, Optional | 'profile'>,
    Partial<Pick<Terms, Optional>>,
    Latency {
  /** Folder of its own; undefined keeps all in memory. */
  readonly location: string | undefined
  /** Without it the books go on under theirs, and new ones begin under the default. */
  readonly profile?: ProfileName | undefined
  /** The log that its books belong to. Without it the books are opened for any log. */
  readonly life?: Life
  /** The ids of the runner that the venue is for. Without them the venue takes ids as they are. */
  readonly ids?: WireIds | undefined
}

/**
 * `folder`: instead of the one at the location, and like it closed with the venue.
 * @throws VENUE_OPEN_FAILED, VENUE_FORMAT, VENUE_CORRUPT, VENUE_FOREIGN
 */
export async function openPaperVenue(options: PaperVenueOptions, folder?: VenueFolder): Promise<PaperVenue> {
  const { location, life, ids } = options
  const books = folder ?? (await openVenueFolder(location, life))
  try {
    if (folder !== undefined && life !== undefined) await folder.claim(life)
    await books.upgrade(ids && ((clOrdId) => ids.toWire(clOrdId)))
    if (ids === undefined) return new Paper(options, books)
    return withWireIds(new Paper(options, books), ids)
  } catch (error) {
    await books.close()
    throw error
  }
}

/**
 * The matching engine with a disk under it. A write is the whole state as of the last market message taken in,
 * the views of the markets included, so what comes of the messages after it is the same however often they are fed.
 * Messages that change a view only are not worth a write: they are fed again after a crash.
 */
class Paper implements PaperVenue {
  readonly name: string
  readonly capabilities: VenueCapabilities
  readonly simulation = this
  readonly books = this
  readonly #terms: Terms
  readonly #latency: Latency
  readonly #folder: VenueFolder
  readonly #state: VenueState
  #durable: Durable
  /** Event time at which the first of the open orders expires; infinite when none does. */
  #expireAt: number
  #group = new Group()
  /** The group that a write is under way for, or failed for. */
  #writing: Group | undefined
  #flushed: Promise<void> = Promise.resolve()
  /** A write that failed. What could not be written is not built upon: from then on nothing is taken in. */
  #failure: unknown

  constructor(options: PaperVenueOptions, folder: VenueFolder) {
    const { name, takerFee, makerFee, feeIn, bnbPx, latencyMs, latencyMaxMs, positionMode } = options
    const { instruments = [], openingBalances = {} } = options
    this.name = name
    this.#latency = { latencyMs, latencyMaxMs }
    this.#folder = folder
    this.#state = folder.state()
    if (options.profile !== undefined) this.#state.profile = options.profile
    const profile = PROFILES[this.#state.profile]
    this.capabilities = profile.capabilities
    const fees = { takerFee, makerFee, feeIn, bnbPx }
    this.#terms = { name, ...fees, instruments, profile, openingBalances, positionMode }
    this.#durable = durableOf(this.#state)
    this.#expireAt = firstExpiry(this.#state)
  }

  get marketPosition(): number {
    return this.#durable.marketPosition
  }

  get dirty(): boolean {
    return this.#failure === undefined && (this.#writing !== undefined || !this.#group.isEmpty)
  }

  get arrivesAt(): number | undefined {
    return this.#state.inFlight[0]?.arriveAt
  }

  get nextAt(): number | undefined {
    const next = Math.min(this.arrivesAt ?? Number.POSITIVE_INFINITY, this.#expireAt)
    return next === Number.POSITIVE_INFINITY ? undefined : next
  }

  place(order: PlaceOrder & RequestHeader): void {
    this.#receive({ kind: 'place', ...order })
  }

  cancel(request: CancelOrder & RequestHeader): void {
    this.#receive({ kind: 'cancel', ...request })
  }

  replace(request: ReplaceOrder & RequestHeader): void {
    this.#receive({ kind: 'replace', ...request })
  }

  onMarket(message: MarketMessage): void {
    if (this.#failure !== undefined || message.position <= this.#state.marketPosition) return
    this.advance(message.at)
    this.#state.marketPosition = message.position
    this.#note(takeMarket(this.#state, this.#terms, message))
  }

  advance(at: number): void {
    if (this.#failure !== undefined) return
    for (let due = this.nextAt; due !== undefined && due <= at; due = this.nextAt) {
      if (this.#expireAt <= due) this.#note(takeTime(this.#state, this.#terms, due))
      const next = arrived(this.#state, due)
      if (next !== undefined) this.#note(this.#take(next))
    }
  }

  #take(request: VenueRequest): readonly Execution[] {
    if (request.kind === 'place') return takeOrder(this.#state, this.#terms, request)
    const take = request.kind === 'cancel' ? takeCancel : takeReplace
    return take(this.#state, this.#terms, request as never, this.#ended(request.origClOrdId)?.ordStatus)
  }

  status(clOrdId: string): VenueOrder | undefined {
    const { open, pending } = this.#durable
    const durable = open.get(clOrdId) ?? pending.get(clOrdId) ?? this.#folder.order(clOrdId)
    if (durable !== undefined) return durable
    const request = this.#unsaved(clOrdId)
    return request?.kind === 'place' ? pendingView(request) : undefined
  }

  assertHas(position: number): void {
    const { reports } = this.#durable
    if (position <= reports) return
    throw new OutcryError(
      'VENUE_BEHIND',
      `the books of ${this.name} end at report ${reports}, and the log has report ${position} of them: they are of an earlier time, or were removed`,
      'Restore the whole data folder from one backup: the log and the books go on together.',
    )
  }

  openOrders(): readonly VenueOrder[] {
    return [...new Set(this.#durable.open.values())]
  }

  pendingOrders(): readonly VenueOrder[] {
    const requests = [this.#writing, this.#group].flatMap((group) => [...(group?.requests.values() ?? [])])
    const unsaved = requests.flatMap((request) => (request.kind === 'place' ? [pendingView(request)] : []))
    return [...this.#durable.pending.values(), ...unsaved]
  }

  positions(): Readonly<Record<string, string>> {
    return this.#durable.positions
  }

  balances(): Readonly<Record<string, string>> {
    const owned: Record<string, string> = { ...this.#terms.openingBalances }
    for (const [asset, change] of Object.entries(this.#durable.balances))
      owned[asset] = decimal.add(ownOf(owned, asset) ?? decimal.ZERO, change)
    return owned
  }

  movementsSince(at: number): readonly VenueReport[] {
    const movements: VenueReport[] = []
    for (let position = this.#durable.reports; position > 0; position--) {
      const stored = this.#folder.report(position)
      if (stored.report.at < at) break
      if ('lastQty' in stored.report || stored.report.type === 'CASH_FLOW_REPORT') movements.push(stored)
    }
    return movements.reverse()
  }

  entries(): BookEntries {
    return this.#folder.entries()
  }

  verify(options: Interruptible): Promise<number> {
    return this.#folder.verify(options)
  }

  reportsAfter(position: number): readonly VenueReport[] {
    const reports: VenueReport[] = []
    for (let next = position + 1; next <= this.#durable.reports; next++)
      reports.push(this.#folder.report(next))
    return reports
  }

  /** Writes the changes, one write at a time. Later changes go into the next write. After a failed write there is no other. */
  flush(): Promise<void> {
    this.#flushed = this.#flushed.then(() => this.#write())
    return this.#flushed
  }

  async close(): Promise<void> {
    try {
      await this.flush()
    } finally {
      await this.#folder.close()
    }
  }

  async #write(): Promise<void> {
    if (this.#group.isEmpty) return
    const group = this.#group
    const state = encodeState(this.#state)
    const durable = durableOf(this.#state)
    this.#group = new Group()
    this.#writing = group
    const changes = [...group.requests.values()].filter(({ kind }) => kind !== 'place')
    try {
      await this.#folder.write({
        state,
        reports: group.reports,
        ended: group.ended,
        changes: changes.map(({ clOrdId }) => clOrdId),
        intents: group.intents,
      })
    } catch (error) {
      this.#failure = error
      throw error
    }
    this.#durable = durable
    this.#writing = undefined
  }

  #receive(request: VenueRequest): void {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#isRepeat(request)) return
    const { clOrdId, ref } = request
    const { requests } = this.#group
    if (!requests.has(clOrdId)) requests.set(clOrdId, request)
    dispatch(this.#state, request, request.at + latencyOf(this.#latency, ref.intent))
  }

  /**
   * Returns whether the request came before. Where the profile refuses duplicates, another intent under the ClOrdID of an order is a
   * request of its own. An order without intents is of a time when none were kept: a further request counts as its own, sent again.
   */
  #isRepeat(request: VenueRequest): boolean {
    const { clOrdId, kind, ref } = request
    const isKnown = this.status(clOrdId) !== undefined || this.#hasChange(clOrdId)
    if (kind !== 'place' || this.#terms.profile.answers.duplicate === undefined) return isKnown
    const intents = this.#intents(clOrdId)
    if (intents.length === 0 ? isKnown : intents.includes(ref.intent)) return true
    this.#group.intents.set(clOrdId, [...intents, ref.intent])
    return false
  }

  #intents(clOrdId: string): readonly string[] {
    return (
      this.#group.intents.get(clOrdId) ?? this.#writing?.intents.get(clOrdId) ?? this.#folder.intents(clOrdId)
    )
  }

  #hasChange(clOrdId: string): boolean {
    const unsaved = this.#unsaved(clOrdId)
    return (unsaved !== undefined && unsaved.kind !== 'place') || this.#folder.hasChange(clOrdId)
  }

  #unsaved(clOrdId: string): VenueRequest | undefined {
    return this.#group.requests.get(clOrdId) ?? this.#writing?.requests.get(clOrdId)
  }

  #ended(clOrdId: string): VenueOrder | undefined {
    return this.#group.ended.get(clOrdId) ?? this.#writing?.ended.get(clOrdId) ?? this.#folder.order(clOrdId)
  }

  #note(executions: readonly Execution[]): void {
    if (executions.length === 0) return
    const state = this.#state
    this.#expireAt = firstExpiry(state)
    for (const { ended, ...execution } of executions) {
      state.reports++
      const at = execution.report.at + latencyOf(this.#latency, `${this.name} ${state.reports}`)
      state.lastReportAt = Math.max(state.lastReportAt, at)
      this.#group.reports.push({ position: state.reports, at: state.lastReportAt, ...execution })
      if (ended !== undefined) for (const id of idsOf(ended)) this.#group.ended.set(id, ended)
    }
  }
}

function firstExpiry({ open }: VenueState): number {
  return open.reduce((first, { expireAt }) => Math.min(first, expireAt ?? first), Number.POSITIVE_INFINITY)
}
