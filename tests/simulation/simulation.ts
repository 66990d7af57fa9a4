/**
 * Whole runners in a world of one seed: clock, chance, store, venue and network behind one scheduler. They are killed
 * between any two steps of a commit, lose their network, get things late, twice and out of order; an oracle holds the
 * laws against everything that gets out. At the end nothing goes wrong any more, and everything has to settle.
 */
import { createHash } from 'node:crypto'
import * as decimal from '../../machines/decimal.ts'
import type { MarketEvent } from '../../machines/events/market.ts'
import type { CancelOrder, OrderStatusRequest, PlaceOrder } from '../../machines/events/order.ts'
import { machines } from '../../machines/index.ts'
import type { OrderContext } from '../../machines/order-status.ts'
import { ordStatusOf } from '../../machines/order-status.ts'
import { boot } from '../../src/runner/boot.ts'
import type { Address } from '../../src/runtime/address.ts'
import { EventClock } from '../../src/runtime/clock.ts'
import { openMemoryStore } from '../../src/runtime/log.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import type { Intent, TransitionRecord } from '../../src/runtime/record.ts'
import { createSupervisor, type Supervisor } from '../../src/runtime/supervisor.ts'
import { isOutcryError, newMemory } from '../../store/index.ts'
import { FaultyStore, type StoreFault } from '../faults/faulty-store.ts'
import { parseConfig } from './config.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedVenue } from './venue.ts'

const VENUE = 'sim'
const SYMBOLS = ['AAAUSDT', 'BBBUSDT']
const START_AT = 1_700_000_000_000
/** The market's messages, and the time that nothing goes wrong any more at the end. */
const MARKET_STEP_MS = 200
const CALM_MS = 120_000

const nothing = () => {}
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing }

export interface SimulationOptions {
  readonly seed: number
  /** Of the world, faults included. */
  readonly durationMs: number
}

export interface Outcome {
  readonly records: number
  readonly steps: number
  readonly crashes: Readonly<Record<string, number>>
  readonly orders: number
  readonly fills: number
  /** Of everything that happened: the same for the same seed. */
  readonly hash: string
}

/** What an oracle throws. */
export class LawBroken extends Error {
  override readonly name = 'LawBroken'
}

export async function simulate(options: SimulationOptions): Promise<Outcome> {
  return new World(options).run()
}

/** One life of the runner's process. */
class Incarnation {
  readonly clock: EventClock
  /** Resolves when it dies. */
  readonly ended: Promise<undefined>
  alive = true
  store!: FaultyStore
  /** Missing while it is still starting. */
  supervisor!: Supervisor
  #end: (value: undefined) => void = nothing

  constructor(now: number) {
    this.clock = new EventClock(now)
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  die(): void {
    this.alive = false
    this.store.kill()
    this.#end(undefined)
  }
}

class World {
  readonly #scheduler: Scheduler
  readonly #venue: SimulatedVenue
  readonly #memory = newMemory()
  readonly #endAt: number
  readonly #crashes: Record<string, number> = {}
  readonly #trace = createHash('sha256')
  /** What was ever released, by seq. */
  readonly #released: string[] = []
  readonly #revs = new Map<string, number>()
  readonly #prices = new Map(SYMBOLS.map((symbol) => [symbol, 100]))
  #marketPosition = 0
  readonly #market: { position: number; at: number; symbol: string; event: MarketEvent }[] = []
  #runner: Incarnation | undefined
  #faults = true
  #acknowledged = 0
  #failure: LawBroken | undefined

  constructor({ seed, durationMs }: SimulationOptions) {
    this.#scheduler = new Scheduler(seed, START_AT)
    this.#venue = new SimulatedVenue(this.#scheduler)
    this.#endAt = START_AT + durationMs
  }

  async run(): Promise<Outcome> {
    await this.#start()
    if (!this.#runner?.alive) await this.#restart(this.#runner as Incarnation)
    this.#planMarket()
    this.#planPeople()
    this.#planStream()
    this.#planSudden()
    while (this.#scheduler.nextAt !== undefined && this.#scheduler.nextAt < this.#endAt) await this.#step()
    await this.#calmDown()
    await this.#checkSettled()
    const reports = this.#venue.stream.map((entry) => JSON.stringify(entry)).join('\n')
    return {
      records: this.#released.length,
      steps: this.#scheduler.steps,
      crashes: this.#crashes,
      orders: this.#venue.orders.size,
      fills: this.#venue.stream.filter(({ report }) => 'execType' in report && report.execType === 'TRADE')
        .length,
      hash: this.#trace.update(reports).digest('hex'),
    }
  }

  async #step(): Promise<void> {
    await this.#scheduler.step()
    const runner = this.#runner as Incarnation
    if (runner.alive) {
      runner.clock.advanceTo(this.#scheduler.now)
      runner.supervisor.drain()
      // Sometimes the next thing happens before this one's commit is done.
      if (this.#scheduler.chance(0.8)) await this.#settled(runner)
    }
    if (!runner.alive) await this.#restart(runner)
    if (this.#failure !== undefined) throw this.#failure
  }

  async #settled({ supervisor, ended }: Incarnation): Promise<void> {
    await Promise.race([supervisor.settled().catch(() => {}), ended])
  }

  /** May die on the way: then it is not alive when this resolves. */
  async #start(): Promise<void> {
    const life = new Incarnation(this.#scheduler.now)
    this.#runner = life
    const memory = await openMemoryStore(this.#memory)
    life.store = new FaultyStore(
      memory,
      () => this.#nextFault(),
      () => this.#die(life, 'in a commit'),
    )
    const port = new NetworkPort(this.#scheduler, this.#venue, {
      alive: () => life.alive,
      lossy: () => this.#faults,
      onDeliver: (intent) => this.#onDeliver(life, intent),
    })
    const creating = createSupervisor({
      store: life.store,
      machines,
      ports: { [VENUE]: port },
      clock: life.clock,
      logger: SILENT,
      checkpointEvery: 200,
      snapshotEvery: 40,
      passivation: { residentMax: 6 },
    })
    const supervisor = await this.#unlessDead(life, creating)
    if (supervisor === undefined) return
    life.supervisor = supervisor
    supervisor.transitions$.subscribe((record) => this.#onReleased(life, record))
    supervisor.fenced$.subscribe(() => this.#die(life, 'fenced'))
    const at = this.#scheduler.now
    await this.#unlessDead(
      life,
      boot(supervisor, parseConfig(SYMBOLS), { venue: VENUE, symbols: SYMBOLS, at }),
    )
  }

  /** What a disk refuses while the runner starts ends it, too. */
  async #unlessDead<T>(life: Incarnation, work: Promise<T>): Promise<T | undefined> {
    const done = work.catch((error) => {
      if (!isOutcryError(error, 'STORE_FENCED')) throw error
      this.#die(life, 'fenced')
      return undefined
    })
    return Promise.race([done, life.ended])
  }

  async #restart(dead: Incarnation): Promise<void> {
    for (let attempt = 0; this.#runner === dead || !this.#runner?.alive; attempt++) {
      if (attempt > 50) throw new LawBroken('the runner does not come up any more')
      await this.#start()
    }
    const { supervisor } = this.#runner
    if (supervisor.seq < this.#acknowledged)
      throw new LawBroken(
        `${this.#acknowledged} was acknowledged, but the log ends at ${supervisor.seq} (law 3)`,
      )
    if (this.#scheduler.chance(0.1)) await this.#verify(supervisor)
  }

  #die(incarnation: Incarnation, why: string): void {
    if (!incarnation.alive) return
    this.#crashes[why] = (this.#crashes[why] ?? 0) + 1
    incarnation.die()
  }

  #nextFault(): StoreFault | undefined {
    if (!this.#faults) return undefined
    const dice = this.#scheduler.random()
    if (dice < 0.004) return 'beforeWrite'
    if (dice < 0.008) return 'answerLost'
    return dice < 0.009 ? 'refused' : undefined
  }

  #onReleased(incarnation: Incarnation, record: TransitionRecord): void {
    if (!incarnation.alive) return
    const { seq, actor, rev } = record
    if (seq > incarnation.store.head.seq) this.#broken(`record ${seq} got out before it was durable (law 3)`)
    const text = JSON.stringify(record)
    this.#acknowledged = Math.max(this.#acknowledged, seq)
    if (this.#released[seq] !== undefined) {
      if (this.#released[seq] !== text) this.#broken(`record ${seq} is another one than before (law 2)`)
      return
    }
    this.#released[seq] = text
    this.#trace.update(text)
    const before = this.#revs.get(actor) ?? 0
    // What an incarnation did not live to release is in the log all the same.
    if (rev <= before) this.#broken(`rev ${rev} of ${actor} after ${before} (law 4)`)
    this.#revs.set(actor, rev)
    // Between two steps of a release.
    if (this.#faults && this.#scheduler.chance(0.001)) this.#die(incarnation, 'in a release')
  }

  #onDeliver(incarnation: Incarnation, intent: Intent): void {
    if (intent.seq > incarnation.store.head.seq)
      this.#broken(`intent ${intent.id} got out before it was durable (law 3)`)
    if (this.#faults && this.#scheduler.chance(0.02)) this.#die(incarnation, 'before a port')
  }

  /** Thrown at the next step: what is thrown where a supervisor calls out is only logged by it. */
  #broken(what: string): void {
    this.#failure ??= new LawBroken(what)
  }

  /** A random walk, the same for every incarnation: what one did not take, the next gets. */
  #planMarket(): void {
    this.#scheduler.after(MARKET_STEP_MS, () => {
      if (this.#scheduler.now >= this.#endAt) return
      const symbol = this.#scheduler.pick(SYMBOLS)
      const px = Math.max(10, (this.#prices.get(symbol) as number) + this.#scheduler.between(-2, 2))
      this.#prices.set(symbol, px)
      const at = this.#scheduler.now
      const event: MarketEvent = {
        type: 'TRADE',
        at,
        eventAt: at,
        tradeId: String(this.#marketPosition + 1),
        px: px.toFixed(2),
        qty: '1',
        aggressor: 'BUY',
      }
      this.#market.push({ position: ++this.#marketPosition, at, symbol, event })
      this.#feedMarket()
      this.#planMarket()
    })
  }

  #feedMarket(): void {
    const runner = this.#runner as Incarnation
    if (!runner.alive) return
    // Now and then the feed begins again from somewhere before.
    const taken = runner.supervisor.cursor('market')
    const from = this.#faults && this.#scheduler.chance(0.05) ? Math.max(0, taken - 5) : taken
    for (const { position, at, symbol, event } of this.#market.slice(from)) {
      const to = `symbol/${VENUE}:${symbol}` as Address
      runner.supervisor.tell(to, event, { at, lane: 'market', origin: { source: 'market', position } })
    }
  }

  /** Somebody cancels an order, or stops and starts a strategy. */
  #planPeople(): void {
    this.#scheduler.after(this.#scheduler.between(500, 5_000), () => {
      if (this.#scheduler.now >= this.#endAt) return
      const runner = this.#runner as Incarnation
      const orders = [...this.#venue.orders.values()].slice(-4)
      const at = this.#scheduler.now
      if (runner.alive && orders.length > 0) {
        const { actor } = this.#scheduler.pick(orders)
        runner.supervisor
          .send(actor, { type: 'CANCEL', at }, { at, key: `cancel-${this.#scheduler.steps}` })
          .then(({ seq }) => {
            this.#acknowledged = Math.max(this.#acknowledged, seq)
          })
          .catch(() => {})
      }
      this.#planPeople()
    })
  }

  /** The venue's reports, read from where the runner has them; the connection is often away. */
  #planStream(): void {
    this.#scheduler.after(
      this.#scheduler.between(20, this.#faults && this.#scheduler.chance(0.05) ? 9_000 : 400),
      () => {
        this.#readStream()
        this.#planStream()
      },
    )
  }

  #readStream(): void {
    const runner = this.#runner as Incarnation
    if (!runner.alive) return
    const { supervisor } = runner
    const cursor = supervisor.cursor(VENUE)
    const from = this.#faults && this.#scheduler.chance(0.1) ? Math.max(0, cursor - 3) : cursor
    for (const { position, actor, report, settles } of this.#venue.stream.slice(from)) {
      if (this.#faults && this.#scheduler.chance(0.05)) break
      const event = { ...report, at: this.#scheduler.now }
      const origin = { source: VENUE, position }
      supervisor.tell(actor as Address, event, { at: event.at, lane: 'execution', origin, settles })
    }
  }

  /** Killed at any moment. */
  #planSudden(): void {
    this.#scheduler.after(this.#scheduler.between(1_000, 20_000), () => {
      if (this.#faults) this.#die(this.#runner as Incarnation, 'at any moment')
      this.#planSudden()
    })
  }

  async #calmDown(): Promise<void> {
    this.#faults = false
    if (!this.#runner?.alive) await this.#restart(this.#runner as Incarnation)
    const { supervisor } = this.#runner as Incarnation
    for (const id of SYMBOLS)
      await supervisor.send(`strategy/ema-${id}`, { type: 'STOP', at: this.#scheduler.now })
    const restAt = this.#scheduler.now + CALM_MS
    let closed = false
    while (this.#scheduler.nextAt !== undefined && this.#scheduler.nextAt < restAt) {
      if (!closed && this.#scheduler.nextAt > restAt - CALM_MS / 2) {
        this.#venue.closeAll()
        closed = true
      }
      await this.#step()
    }
    await supervisor.settled()
  }

  async #verify(supervisor: Supervisor): Promise<void> {
    const { problems } = await supervisor.verify()
    if (problems.length > 0)
      throw new LawBroken(`not what the log leads to (law 5): ${JSON.stringify(problems[0])}`)
  }

  /** Everything the venue's books say, the runner's say too. */
  async #checkSettled(): Promise<void> {
    const { supervisor } = this.#runner as Incarnation
    await this.#verify(supervisor)
    if (supervisor.unsettled.length > 0)
      throw new LawBroken(`still unsettled (law 6): ${supervisor.unsettled.map(({ id }) => id).join(', ')}`)
    const held = new Map<string, string>()
    const placedBy = new Map<string, string>()
    for (const { clOrdId, actor, terms, ordStatus, cumQty } of this.#venue.orders.values()) {
      const other = placedBy.get(actor)
      if (other !== undefined)
        throw new LawBroken(`${actor} was placed as ${other} and as ${clOrdId} (law 6)`)
      placedBy.set(actor, clOrdId)
      const view = await supervisor.view(actor)
      const context = view?.context as OrderContext
      const here = [ordStatusOf(view?.value as never), context.cumQty]
      if (here[0] !== ordStatus || here[1] !== cumQty)
        throw new LawBroken(`${actor} is ${here} here, ${[ordStatus, cumQty]} at the venue`)
      const signed = terms.side === 'BUY' ? cumQty : decimal.negate(cumQty)
      held.set(terms.symbol, decimal.add(held.get(terms.symbol) ?? '0', signed))
    }
    for (const [symbol, quantity] of held) {
      const view = await supervisor.view(`position/${VENUE}:${symbol}`)
      const here = (view?.context as { quantity: string } | undefined)?.quantity ?? '0'
      if (here !== quantity) throw new LawBroken(`${symbol}: ${here} held here, ${quantity} at the venue`)
    }
    for await (const { address, context, value } of supervisor.actors({ prefix: 'order/' })) {
      if (placedBy.has(address)) continue
      if (ordStatusOf(value as never) !== 'REJECTED')
        throw new LawBroken(
          `${address} is ${JSON.stringify(value)}, but the venue never had it: ${JSON.stringify(context)}`,
        )
    }
  }
}

/** The way to the venue: requests are lost, doubled and late, and sent again until the venue has answered for them. */
class NetworkPort implements Port {
  readonly #scheduler: Scheduler
  readonly #venue: SimulatedVenue
  readonly #hooks: { alive(): boolean; lossy(): boolean; onDeliver(intent: Intent): void }
  #context: PortContext | undefined
  /** Orders of this run by who placed them, and whether the venue has answered for the request. */
  readonly #placed = new Map<string, { id: string; answered: boolean }>()

  constructor(
    scheduler: Scheduler,
    venue: SimulatedVenue,
    hooks: { alive(): boolean; lossy(): boolean; onDeliver(intent: Intent): void },
  ) {
    this.#scheduler = scheduler
    this.#venue = venue
    this.#hooks = hooks
  }

  start(context: PortContext): void {
    this.#context = context
  }

  deliver(intent: Intent): void {
    if (!this.#hooks.alive()) return
    this.#hooks.onDeliver(intent)
    if (this.#hooks.alive()) this.#send(intent)
  }

  /** Looked up first: what the venue has is on its stream. */
  recover(intent: Intent): void {
    const { type } = intent.event
    if (type === 'PLACE_ORDER') this.#placed.set(intent.actor, { id: intent.id, answered: false })
    if (type !== 'ORDER_STATUS_REQUEST' && this.#venue.requests.has(intent.id)) {
      const placed = this.#placed.get(intent.actor)
      if (placed?.id === intent.id) placed.answered = true
      return
    }
    this.#send(intent)
  }

  #send(intent: Intent): void {
    const { id, actor } = intent
    const event = intent.event as PlaceOrder | CancelOrder | OrderStatusRequest
    if (event.type === 'PLACE_ORDER') this.#placed.set(actor, { id, answered: false })
    const arrive = () => {
      if (event.type === 'PLACE_ORDER') this.#venue.place(id, actor, event)
      else if (event.type === 'CANCEL_ORDER') this.#venue.cancel(id, event, actor)
      else {
        this.#answer(intent, event)
        return
      }
      const placed = this.#placed.get(actor)
      const answerLost = this.#hooks.lossy() && this.#scheduler.chance(0.1)
      if (placed?.id === id && !answerLost) placed.answered = true
      if (answerLost) this.#again(intent)
    }
    const lost = this.#hooks.lossy() && this.#scheduler.chance(0.1)
    if (lost) this.#again(intent)
    else this.#scheduler.after(this.#scheduler.between(1, 800), arrive)
    // The network delivers it a second time.
    if (this.#hooks.lossy() && this.#scheduler.chance(0.05) && event.type !== 'ORDER_STATUS_REQUEST')
      this.#scheduler.after(this.#scheduler.between(1, 3_000), arrive)
  }

  #again(intent: Intent): void {
    this.#scheduler.after(1_000, () => {
      if (this.#hooks.alive()) this.#send(intent)
    })
  }

  #answer(intent: Intent, request: OrderStatusRequest): void {
    if (!this.#hooks.alive()) return
    const { id, actor, seq, correlation } = intent
    const placed = this.#placed.get(actor)
    const clOrdId = request.origClOrdId ?? placed?.id
    const order = clOrdId === undefined ? undefined : this.#venue.orders.get(clOrdId)
    // While its placement is still under way nobody knows, and nothing is guessed.
    if (order === undefined && placed !== undefined && !placed.answered) {
      this.#again(intent)
      return
    }
    const at = this.#scheduler.now
    const unknown = {
      type: 'ORDER_UNKNOWN' as const,
      at,
      ...(clOrdId !== undefined && { origClOrdId: clOrdId }),
    }
    const answer = order === undefined ? unknown : this.#venue.status(order)
    const reply = { at, settles: id, cause: seq, correlation }
    this.#context?.send(actor, answer, reply).catch(() => {})
  }
}
