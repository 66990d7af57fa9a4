/**
 * Whole runners in a world of one seed: clock, chance, store, venue and network behind one scheduler. Runners are
 * killed between any two steps of a commit, lose their network, and get messages late, twice and out of order. An
 * oracle checks the laws on every effect. At the end all faults stop, and everything must settle.
 */
import { createHash } from 'node:crypto'
import { assign, setup } from 'xstate'
import type { MarketEvent } from '../../machines/events/market.ts'
import { machines } from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { type OrderContext, ordStatusOf } from '../../machines/order/context.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { type Address, idOf } from '../../src/runtime/record/address.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { Intent, TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { isOutcryError, newMemory } from '../../store/index.ts'
import { FaultyStore, type StoreFault } from '../faults/faulty-store.ts'
import { boot } from '../runner/boot.ts'
import { parseConfig } from './config.ts'
import { NetworkPort } from './network.ts'
import { Scheduler } from './scheduler.ts'
import { SimulatedVenue } from './venue.ts'

const VENUE = 'sim'
const SYMBOLS = ['AAAUSDT', 'BBBUSDT']
const START_AT = 1_700_000_000_000
/** Ms between market messages, and the time at the end without faults. */
const MARKET_STEP_MS = 200
const CALM_MS = 180_000
/** The longest time of an answer without faults. */
const ANSWER_MS = 2_000

/** A machine that sleeps for the time in its event, and is mostly passive. */
const alarm = setup({
  types: {} as { context: { delayMs: number }; events: { type: 'SET'; at: number; delayMs: number } },
  delays: { delay: ({ context }) => context.delayMs },
}).createMachine({
  context: { delayMs: 0 },
  initial: 'off',
  states: {
    off: { on: { SET: { target: 'set', actions: assign({ delayMs: ({ event }) => event.delayMs }) } } },
    set: { after: { delay: 'off' } },
  },
})
const ALARMS = 10

const nothing = () => {}
const SILENT = { debug: nothing, info: nothing, warn: nothing, error: nothing }

export interface SimulationOptions {
  readonly seed: number
  /** Duration of the world in ms, including the time with faults. */
  readonly durationMs: number
}

export interface Outcome {
  readonly records: number
  readonly steps: number
  readonly crashes: Readonly<Record<string, number>>
  readonly orders: number
  /** Number of the venue's reports, by type. */
  readonly reports: Readonly<Record<string, number>>
  /** Hash of everything that happened. It is the same for the same seed. */
  readonly hash: string
}

/** The error of the oracle. */
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
  /** Whether the runner has started. Then its disk may be slow. */
  up = false
  store!: FaultyStore
  /** The supervisor; missing during the start. */
  supervisor!: Supervisor
  #end: (value: undefined) => void = nothing
  /** Number of writes under way. */
  #lagging = 0
  #onLag: () => void = nothing

  constructor(now: number) {
    this.clock = new EventClock(now)
    this.ended = new Promise((resolve) => {
      this.#end = resolve
    })
  }

  get isLagging(): boolean {
    return this.#lagging > 0
  }

  /** Delays a write until `done`. */
  async lag(done: Promise<void>): Promise<void> {
    this.#lagging++
    this.#onLag()
    await done
    this.#lagging--
  }

  /** Resolves when everything is durable, when the disk delays a write, or when the runner is dead. */
  async settled(): Promise<void> {
    if (this.isLagging) return
    const lagged = new Promise<void>((resolve) => {
      this.#onLag = resolve
    })
    await Promise.race([this.supervisor.idle().catch(nothing), lagged, this.ended])
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
  /** All published records, by seq. */
  readonly #released: string[] = []
  readonly #revs = new Map<string, number>()
  /** The last position taken of each source. */
  readonly #positions = new Map<string, number>()
  /** The intents that a port got. */
  readonly #delivered = new Set<string>()
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
    this.#planAlarms()
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
      reports: this.#reportsByType(),
      hash: this.#trace.update(reports).digest('hex'),
    }
  }

  #reportsByType(): Record<string, number> {
    const counts: Record<string, number> = {}
    for (const { report } of this.#venue.stream) {
      const type = 'execType' in report ? report.execType : report.type
      counts[type] = (counts[type] ?? 0) + 1
    }
    return counts
  }

  async #step(): Promise<void> {
    const runner = this.#runner as Incarnation
    runner.up = true
    await this.#scheduler.step()
    if (runner.alive) {
      runner.clock.advanceTo(this.#scheduler.now)
      runner.supervisor.pump()
      // Sometimes the next event happens before this event's commit is done.
      if (this.#scheduler.chance(0.8)) {
        await runner.settled()
        const atRest = runner.alive && !runner.isLagging
        if (atRest && this.#scheduler.chance(0.02)) await this.#checkTimers(runner)
      }
    }
    if (!runner.alive) await this.#restart(runner)
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Starts a runner. It may die during the start, and is then not alive when this resolves. */
  async #start(): Promise<void> {
    const life = new Incarnation(this.#scheduler.now)
    this.#runner = life
    const memory = await openMemoryStore(this.#memory)
    life.store = new FaultyStore(memory, {
      next: () => this.#nextFault(),
      onDeath: () => this.#die(life, 'in a commit'),
      lag: () => this.#lag(life),
    })
    const port = new NetworkPort(this.#scheduler, this.#venue, {
      alive: () => life.alive,
      lossy: () => this.#faults,
      onDeliver: (intent) => this.#onDeliver(life, intent),
    })
    const creating = createSupervisor({
      store: life.store,
      machines: { ...machines, alarm },
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

  /** A write that the disk refuses during the start ends the runner, too. */
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

  #lag(life: Incarnation): Promise<void> | undefined {
    if (!this.#faults || !life.up || !this.#scheduler.chance(0.05)) return undefined
    return life.lag(new Promise((resolve) => this.#scheduler.after(this.#scheduler.between(1, 500), resolve)))
  }

  #onReleased(incarnation: Incarnation, record: TransitionRecord): void {
    if (!incarnation.alive) return
    const { seq, actor, rev, origin } = record
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
    // The log also has the records that a killed incarnation did not publish.
    if (rev <= before) this.#broken(`rev ${rev} of ${actor} after ${before} (law 4)`)
    this.#revs.set(actor, rev)
    if (origin !== undefined) {
      const last = this.#positions.get(origin.source) ?? 0
      if (origin.position <= last) this.#broken(`${origin.source} ${origin.position} was taken after ${last}`)
      this.#positions.set(origin.source, origin.position)
    }
    // A kill between two steps of a publication.
    if (this.#faults && this.#scheduler.chance(0.001)) this.#die(incarnation, 'in a release')
  }

  #onDeliver(incarnation: Incarnation, intent: Intent): void {
    if (intent.seq > incarnation.store.head.seq)
      this.#broken(`intent ${intent.id} got out before it was durable (law 3)`)
    // The intent's outcome in an earlier life is unknown, so it must be looked up.
    if (this.#delivered.has(intent.id)) this.#broken(`intent ${intent.id} was delivered twice (law 6)`)
    this.#delivered.add(intent.id)
    if (this.#faults && this.#scheduler.chance(0.02)) this.#die(incarnation, 'before a port')
  }

  /** Throws at the next step, because the supervisor only logs an error of its observers. */
  #broken(what: string): void {
    this.#failure ??= new LawBroken(what)
  }

  /** Plans a random walk of prices. It is the same for every incarnation: an untaken message goes to the next one. */
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
    // Sometimes the feed begins again from an earlier place.
    const taken = runner.supervisor.cursor('market')
    const from = this.#faults && this.#scheduler.chance(0.05) ? Math.max(0, taken - 5) : taken
    for (const { position, at, symbol, event } of this.#market.slice(from)) {
      const to = `symbol/${VENUE}:${symbol}` as Address
      runner.supervisor.tell(to, event, { at, lane: 'market', origin: { source: 'market', position } })
    }
  }

  /** Plans requests of people, who cancel orders or change their quantities. */
  #planPeople(): void {
    this.#scheduler.after(this.#scheduler.between(500, 5_000), () => {
      if (this.#scheduler.now >= this.#endAt) return
      const runner = this.#runner as Incarnation
      const orders = [...this.#venue.orders.values()].slice(-4)
      const at = this.#scheduler.now
      if (runner.alive && orders.length > 0) {
        const { actor } = this.#scheduler.pick(orders)
        const orderQty = this.#scheduler.between(0.1, 1).toFixed(2)
        const wish = this.#scheduler.chance(0.5) ? { type: 'CANCEL', at } : { type: 'REPLACE', at, orderQty }
        runner.supervisor
          .send(actor, wish, { at, key: `wish-${this.#scheduler.steps}` })
          .then(({ seq }) => {
            this.#acknowledged = Math.max(this.#acknowledged, seq)
          })
          .catch(() => {})
      }
      this.#planPeople()
    })
  }

  #planAlarms(): void {
    this.#scheduler.after(this.#scheduler.between(500, 5_000), () => {
      const { alive, supervisor } = this.#runner as Incarnation
      const at = this.#scheduler.now
      const event = { type: 'SET', at, delayMs: Math.round(this.#scheduler.between(1, 20_000)) }
      const address = `alarm/${Math.floor(this.#scheduler.between(0, ALARMS))}` as Address
      if (alive && supervisor.getSnapshot(address) !== undefined) supervisor.tell(address, event, { at })
      else if (alive) supervisor.spawn('alarm', idOf(address), undefined, { at }).catch(nothing)
      if (at < this.#endAt) this.#planAlarms()
    })
  }

  /** Plans reads of the venue's reports from the runner's position. The connection is often away. */
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
    for (const { position, actor, report, completes } of this.#venue.stream.slice(from)) {
      if (this.#faults && this.#scheduler.chance(0.05)) break
      const event = { ...report, at: this.#scheduler.now }
      const origin = { source: VENUE, position }
      supervisor.tell(actor as Address, event, { at: event.at, lane: 'execution', origin, completes })
    }
  }

  /** Plans kills at any moment. */
  #planSudden(): void {
    this.#scheduler.after(this.#scheduler.between(1_000, 20_000), () => {
      if (this.#faults) this.#die(this.#runner as Incarnation, 'at any moment')
      this.#planSudden()
    })
  }

  async #calmDown(): Promise<void> {
    this.#faults = false
    while (this.#runner?.isLagging) await this.#step()
    if (!this.#runner?.alive) await this.#restart(this.#runner as Incarnation)
    const { supervisor } = this.#runner as Incarnation
    // The last messages may have come while the runner was down.
    this.#feedMarket()
    for (const id of SYMBOLS)
      await supervisor.send(`emaCross/ema-${id}`, { type: 'STOP', at: this.#scheduler.now })
    const restAt = this.#scheduler.now + CALM_MS
    let closed = false
    while (this.#scheduler.nextAt !== undefined && this.#scheduler.nextAt < restAt) {
      if (!closed && this.#scheduler.nextAt > restAt - CALM_MS / 2) {
        this.#venue.closeAll()
        closed = true
      }
      await this.#step()
    }
    await supervisor.idle()
  }

  async #verify(supervisor: Supervisor): Promise<void> {
    const { problems } = await supervisor.verify()
    if (problems.length > 0)
      throw new LawBroken(`not what the log leads to (law 5): ${JSON.stringify(problems[0])}`)
  }

  /** Checks that every due timer has fired, of actors in memory or not. */
  async #checkTimers({ supervisor }: Incarnation): Promise<void> {
    for await (const { address, timers } of supervisor.actors()) {
      const late = timers.find(({ dueAt }) => dueAt < this.#scheduler.now)
      if (late !== undefined) throw new LawBroken(`${late.id} of ${address} did not fire (law 7)`)
    }
  }

  /** Checks that the runner's books agree with the venue's. */
  async #checkSettled(): Promise<void> {
    const { supervisor } = this.#runner as Incarnation
    await this.#verify(supervisor)
    await this.#checkTimers(this.#runner as Incarnation)
    const taken = [supervisor.cursor('market'), supervisor.cursor(VENUE)]
    const told = [this.#marketPosition, this.#venue.stream.length]
    if (String(taken) !== String(told)) throw new LawBroken(`${taken} taken of ${told} (law 4)`)
    // Requests of a moment ago may still be under way.
    const open = supervisor.unsettled.filter(({ at }) => at < this.#scheduler.now - ANSWER_MS)
    if (open.length > 0)
      throw new LawBroken(`still unsettled (law 6): ${open.map(({ id }) => id).join(', ')}`)
    const reconciled = this.#released.findLast((text) => text?.includes('"RECONCILIATION_COMPLETED"'))
    if (!reconciled?.includes('"discrepancies":0'))
      throw new LawBroken(`the last reconciliation left something: ${reconciled}`)
    const held = new Map<string, string>()
    const placedBy = new Map<string, string>()
    for (const { clOrdIds, actor, terms, orderQty, ordStatus, cumQty } of this.#venue.orders.values()) {
      const clOrdId = clOrdIds[0] as string
      const other = placedBy.get(actor)
      if (other !== undefined)
        throw new LawBroken(`${actor} was placed as ${other} and as ${clOrdId} (law 6)`)
      placedBy.set(actor, clOrdId)
      const view = await supervisor.view(actor)
      const context = view?.context as OrderContext
      const here = [ordStatusOf(context), context.cumQty, context.terms.orderQty]
      const there = [ordStatus, cumQty, orderQty]
      if (String(here) !== String(there))
        throw new LawBroken(`${actor} is ${here} here, ${there} at the venue`)
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
      if ((context as OrderContext).ordStatus !== 'REJECTED')
        throw new LawBroken(
          `${address} is ${JSON.stringify(value)}, but the venue never had it: ${JSON.stringify(context)}`,
        )
    }
  }
}
