/**
 * An order and a venue with books of its own, and between them a network that is late, says things twice, in any order, or
 * not at all. Whatever happens on the way: once everything has arrived, and what was lost has been asked for, the order
 * says what the venue's books say.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type {
  CancelOrder,
  ExecType,
  ExecutionReport,
  OrderCancelReject,
  OrdStatus,
  ReplaceOrder,
} from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { avgPx } from '../../machines/order/context.ts'
import { ANSWER_WITHIN_MS } from '../../machines/order/execution.ts'
import { howMany, SEED } from '../seeded.ts'
import { live, report, SUBMIT, type VenueRequest } from './live-order.ts'

type Answer = ExecutionReport | OrderCancelReject

const WORKING: readonly OrdStatus[] = ['NEW', 'PARTIALLY_FILLED']

/** How the venue names the fill that a bust or a correction is about: FIX's ExecRefID is of the last report about it, or the first. */
const naming = fc.constantFrom('tradeId', 'lastExecId', 'firstExecId', 'noTradeIds')
type Naming = typeof naming extends fc.Arbitrary<infer T> ? T : never

interface Fill {
  qty: number
  px: number
  firstExecId: string
  lastExecId: string
  corrections: number
}

/** What a venue knows of one order, and does with it. */
class Venue {
  readonly said: Answer[] = []
  /** Of fills, as often as they are asked for. */
  readonly movements: ExecutionReport[] = []
  readonly fills = new Map<string, Fill>()
  orderQty = 10
  clOrdId = 'o1'
  ordStatus: OrdStatus = 'PENDING_NEW'
  readonly #naming: Naming
  #execs = 0

  constructor(naming: Naming) {
    this.#naming = naming
  }

  get cumQty(): number {
    return [...this.fills.values()].reduce((sum, { qty }) => sum + qty, 0)
  }

  get avgPx(): string {
    const cost = [...this.fills.values()].reduce((sum, { qty, px }) => sum + qty * px, 0)
    return avgPx({ cumQty: String(this.cumQty), cumCost: String(cost) })
  }

  get works(): boolean {
    return WORKING.includes(this.ordStatus)
  }

  accept(): void {
    this.ordStatus = 'NEW'
    this.#say('NEW')
  }

  reject(): void {
    this.ordStatus = 'REJECTED'
    this.#say('REJECTED')
  }

  end(ordStatus: 'CANCELED' | 'EXPIRED'): void {
    this.ordStatus = ordStatus
    this.#say(ordStatus)
  }

  fill(share: number, px: number): void {
    const qty = Math.max(1, Math.round((this.orderQty - this.cumQty) * share))
    const tradeId = `t${this.fills.size + 1}`
    this.fills.set(tradeId, { qty, px, firstExecId: '', lastExecId: '', corrections: 0 })
    this.#rest()
    this.#sayTrade('TRADE', tradeId)
  }

  bust(which: number): void {
    const [tradeId, fill] = this.#fillAt(which) ?? []
    if (tradeId === undefined || fill === undefined || fill.qty === 0) return
    fill.qty = 0
    this.#rest()
    this.#sayTrade('TRADE_CANCEL', tradeId)
  }

  correct(which: number, share: number, px: number): void {
    const [tradeId, fill] = this.#fillAt(which) ?? []
    if (tradeId === undefined || fill === undefined || fill.qty === 0) return
    // Which of two that name the first report came last, nobody could tell.
    if (this.#naming === 'firstExecId' && fill.lastExecId !== fill.firstExecId) return
    // Nor, of three of which the last comes first, whether the next one is older or newer.
    if (++fill.corrections > 2) return
    fill.qty = Math.max(1, Math.round(fill.qty * share))
    fill.px = px
    this.#rest()
    this.#sayTrade('TRADE_CORRECT', tradeId)
  }

  trigger(): void {
    this.#say('TRIGGERED')
  }

  /** On its own account: so much is still to be filled. */
  restate(left: number): void {
    this.orderQty = this.cumQty + left
    this.#say('RESTATED')
  }

  status(): ExecutionReport {
    const execId = `s${++this.#execs}`
    return report('ORDER_STATUS', { ...this.#books, execId })
  }

  take(request: CancelOrder | ReplaceOrder, willing: boolean): void {
    const { clOrdId, origClOrdId } = request
    // Only what it goes by, or went by: a replace on top of one that was refused is refused, too.
    if (!willing || !this.works || (request.type === 'REPLACE_ORDER' && origClOrdId !== this.clOrdId)) {
      this.said.push({ type: 'ORDER_CANCEL_REJECT', at: 2, clOrdId, origClOrdId, text: 'no' })
      return
    }
    this.clOrdId = clOrdId
    if (request.type === 'CANCEL_ORDER') this.end('CANCELED')
    else {
      this.orderQty = Math.max(Number(request.orderQty), this.cumQty)
      this.#rest()
      this.#say('REPLACED')
    }
  }

  #rest(): void {
    if (!this.works && this.ordStatus !== 'FILLED') {
      // A fill that came after the end may still make it a filled one.
      return
    }
    if (this.cumQty >= this.orderQty) this.ordStatus = 'FILLED'
    else this.ordStatus = this.cumQty > 0 ? 'PARTIALLY_FILLED' : 'NEW'
  }

  #fillAt(which: number) {
    return [...this.fills][which % Math.max(1, this.fills.size)]
  }

  #sayTrade(execType: 'TRADE' | 'TRADE_CANCEL' | 'TRADE_CORRECT', tradeId: string): void {
    const fill = this.fills.get(tradeId) as Fill
    const isNew = execType === 'TRADE'
    const naming = this.#naming
    const hasTradeId = naming === 'tradeId' || (isNew && naming !== 'noTradeIds')
    const execRefId = naming === 'firstExecId' ? fill.firstExecId : fill.lastExecId
    const execId = this.#say(execType, {
      ...(hasTradeId && { tradeId }),
      ...(!isNew && { execRefId }),
      ...(execType !== 'TRADE_CANCEL' && { lastQty: String(fill.qty), lastPx: String(fill.px) }),
    })
    if (isNew) fill.firstExecId = execId
    fill.lastExecId = execId
    this.movements.push(this.said.at(-1) as ExecutionReport)
  }

  get #books() {
    const { clOrdId, ordStatus, orderQty, cumQty } = this
    return { clOrdId, ordStatus, orderQty: String(orderQty), cumQty: String(cumQty), avgPx: this.avgPx }
  }

  #say(execType: ExecutionReport['execType'], more: Partial<ExecutionReport> = {}): string {
    const execId = `x${++this.#execs}`
    this.said.push(report(execType, { ...this.#books, execId, ...more }))
    return execId
  }
}

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ deliver: fc.nat({ max: 6 }), twice: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ fill: fc.constantFrom(0.1, 0.3, 1), px: fc.integer({ min: 90, max: 110 }) }),
  },
  { weight: 1, arbitrary: fc.record({ bust: fc.nat({ max: 5 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ correct: fc.nat({ max: 5 }), share: fc.constantFrom(0.3, 0.7, 1) }),
  },
  { weight: 1, arbitrary: fc.record({ restate: fc.integer({ min: 1, max: 9 }) }) },
  { weight: 2, arbitrary: fc.record({ take: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constantFrom({ lose: 'report' } as const, { lose: 'request' } as const) },
  { weight: 1, arbitrary: fc.record({ replace: fc.integer({ min: 1, max: 15 }) }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      { cancel: true } as const,
      { expire: true } as const,
      { trigger: true } as const,
    ),
  },
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

const TERMS = { LIMIT: {}, STOP_LIMIT: { ordType: 'STOP_LIMIT', stopPx: '101' } } as const

/** What these have changed, no status tells for sure. */
const UNTOLD: readonly ExecType[] = ['RESTATED', 'TRADE_CORRECT', 'TRADE_CANCEL']

interface Play {
  readonly ordType: keyof typeof TERMS
  readonly naming: Naming
  readonly rejected: boolean
  readonly acts: readonly Act[]
  /** Which of what is under way comes next, once all else is done. */
  readonly order: readonly number[]
}

function play({ ordType, naming, rejected, acts, order }: Play) {
  const client = live({ orderQty: '10', ...TERMS[ordType] })
  const venue = new Venue(naming)
  client.actor.send({ ...SUBMIT, orderQty: '10' })
  let taken = 1
  let at = 2
  const pending: Answer[] = []
  const lost: VenueRequest[] = []
  const hear = () => pending.push(...venue.said.splice(0))
  const deliver = (index: number, twice: boolean) => {
    const [answer] = pending.splice(index % Math.max(1, pending.length), 1)
    if (answer === undefined) return
    client.actor.send({ ...answer, at })
    if (twice) pending.push(answer)
  }
  const takeOne = (request: VenueRequest, willing: boolean) => {
    if (request.type === 'CANCEL_ORDER' || request.type === 'REPLACE_ORDER') venue.take(request, willing)
    hear()
  }
  const takeNext = (willing: boolean): boolean => {
    const request = client.requests[taken]
    if (request === undefined) return false
    taken++
    // A port sends again what has not arrived before it answers how things stand.
    if (request.type === 'ORDER_STATUS_REQUEST') {
      for (const one of lost.splice(0)) takeOne(one, true)
      client.actor.send({ ...venue.status(), at })
    } else takeOne(request, willing)
    return true
  }
  const lose = (what: 'report' | 'request') => {
    const isReport = what === 'report'
    const request = client.requests[taken]
    if (!isReport && (request?.type === 'CANCEL_ORDER' || request?.type === 'REPLACE_ORDER')) {
      taken++
      lost.push(request)
    }
    const [answer] = pending
    if (isReport && answer !== undefined && !('execType' in answer && UNTOLD.includes(answer.execType)))
      pending.shift()
  }
  if (rejected) venue.reject()
  else venue.accept()
  hear()
  let restated = false
  for (const step of acts) {
    if ('deliver' in step) deliver(step.deliver, step.twice)
    else if ('take' in step) takeNext(step.take)
    else if ('lose' in step) lose(step.lose)
    else if ('replace' in step) client.actor.send({ type: 'REPLACE', at, orderQty: String(step.replace) })
    else if ('cancel' in step) client.actor.send({ type: 'CANCEL', at })
    else if ('fill' in step && venue.works) venue.fill(step.fill, step.px)
    else if ('bust' in step) venue.bust(step.bust)
    else if ('correct' in step) venue.correct(step.correct, step.share, 99)
    else if ('trigger' in step && venue.works && ordType === 'STOP_LIMIT') venue.trigger()
    else if ('expire' in step && venue.works) venue.end('EXPIRED')
    // Two of them in the wrong order nobody could tell apart.
    else if ('restate' in step && venue.works && venue.clOrdId === 'o1' && !restated) {
      venue.restate(step.restate)
      restated = true
    }
    hear()
  }
  const settle = () => {
    for (let n = 0; pending.length > 0 || takeNext(true); n++) deliver(order[n % order.length] ?? 0, false)
  }
  settle()
  // What was lost: orders are verified from time to time, and fills fetched when there were more than was told.
  for (let round = 0; round < 5; round++) {
    at += ANSWER_WITHIN_MS
    client.actor.send({ type: 'VERIFY', at })
    client.clock.increment(ANSWER_WITHIN_MS)
    settle()
    if (!client.told.some(({ type }) => type === 'RECONCILE')) continue
    client.told.length = 0
    for (const movement of venue.movements) client.actor.send({ ...movement, at })
  }
  return { client, venue }
}

describe('an order and its venue', () => {
  it(`agree once everything has arrived or been asked for, however late, twice, out of order or lost, seed ${SEED}`, () => {
    const plays = fc.record({
      ordType: fc.constantFrom('LIMIT' as const, 'STOP_LIMIT' as const),
      naming,
      rejected: fc.integer({ min: 1, max: 20 }).map((n) => n === 1),
      acts: fc.array(act, { maxLength: 25 }),
      order: fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 12 }),
    })
    fc.assert(
      fc.property(plays, (one) => {
        const { client, venue } = play(one)
        const { ordStatus, cumQty, pending, leavesQty, terms } = client.context()
        expect({
          ordStatus,
          cumQty,
          pending,
          avgPx: avgPx(client.context()),
          ...(venue.works && { orderQty: terms.orderQty }),
        }).toEqual({
          ordStatus: venue.ordStatus,
          cumQty: String(venue.cumQty),
          pending: [],
          avgPx: venue.avgPx,
          // Of an order that is out it says nothing any more, and a lost answer may have been of it.
          ...(venue.works && { orderQty: String(venue.orderQty) }),
        })
        const left = venue.works ? decimal.subtract(terms.orderQty, cumQty) : '0'
        expect(leavesQty).toBe(left)
      }),
      { numRuns: howMany('ORDERS', 1_000), seed: SEED },
    )
  })
})
