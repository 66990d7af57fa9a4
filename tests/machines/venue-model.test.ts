/**
 * An order and a venue with books of its own, and between them a network that is late, says things twice and in any order.
 * Whatever happens on the way: once everything has arrived, the order says what the venue's books say.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as decimal from '../../machines/decimal.ts'
import type {
  CancelOrder,
  ExecutionReport,
  OrderCancelReject,
  OrdStatus,
  ReplaceOrder,
} from '../../machines/index.ts'
import { avgPx } from '../../machines/order/context.ts'
import { live, report, SUBMIT } from './live-order.ts'

type Answer = ExecutionReport | OrderCancelReject

const WORKING: readonly OrdStatus[] = ['NEW', 'PARTIALLY_FILLED']

/** What a venue knows of one order, and does with it. */
class Venue {
  readonly said: Answer[] = []
  readonly fills = new Map<string, { qty: number; px: number; execId: string }>()
  orderQty = 10
  clOrdId = 'o1'
  ordStatus: OrdStatus = 'PENDING_NEW'
  #execs = 0

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
    this.fills.set(tradeId, { qty, px, execId: '' })
    this.#rest()
    this.#sayTrade('TRADE', tradeId)
  }

  bust(which: number): void {
    const [tradeId, fill] = this.#fillAt(which) ?? []
    if (tradeId === undefined || fill === undefined || fill.qty === 0) return
    const { execId } = fill
    fill.qty = 0
    this.#rest()
    this.#sayTrade('TRADE_CANCEL', tradeId, execId)
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

  #sayTrade(execType: 'TRADE' | 'TRADE_CANCEL', tradeId: string, execRefId?: string): void {
    const fill = this.fills.get(tradeId) as { qty: number; px: number; execId: string }
    const what = { tradeId, lastQty: String(fill.qty), lastPx: String(fill.px) }
    fill.execId = this.#say(execType, { ...what, ...(execRefId && { execRefId }) })
  }

  #say(execType: ExecutionReport['execType'], more: Partial<ExecutionReport> = {}): string {
    const { clOrdId, ordStatus, orderQty, cumQty } = this
    const execId = `x${++this.#execs}`
    const books = { orderQty: String(orderQty), cumQty: String(cumQty), avgPx: this.avgPx }
    this.said.push(report(execType, { clOrdId, ordStatus, ...books, execId, ...more }))
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
  { weight: 2, arbitrary: fc.record({ take: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ replace: fc.integer({ min: 1, max: 15 }) }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom({ cancel: true } as const, { expire: true } as const),
  },
)
type Act = typeof act extends fc.Arbitrary<infer T> ? T : never

function play(acts: readonly Act[], rejected: boolean, order: readonly number[]) {
  const client = live({ orderQty: '10' })
  const venue = new Venue()
  client.actor.send({ ...SUBMIT, orderQty: '10' })
  let taken = 1
  const pending: Answer[] = []
  const hear = () => pending.push(...venue.said.splice(0))
  const deliver = (index: number, twice: boolean) => {
    const [answer] = pending.splice(index % Math.max(1, pending.length), 1)
    if (answer === undefined) return
    client.actor.send(answer)
    if (twice) pending.push(answer)
  }
  const takeNext = (willing: boolean): boolean => {
    const request = client.requests[taken]
    if (request === undefined) return false
    taken++
    if (request.type === 'CANCEL_ORDER' || request.type === 'REPLACE_ORDER') venue.take(request, willing)
    hear()
    return true
  }
  if (rejected) venue.reject()
  else venue.accept()
  hear()
  for (const step of acts) {
    if ('deliver' in step) deliver(step.deliver, step.twice)
    else if ('take' in step) takeNext(step.take)
    else if ('replace' in step) client.actor.send({ type: 'REPLACE', at: 2, orderQty: String(step.replace) })
    else if ('cancel' in step) client.actor.send({ type: 'CANCEL', at: 2 })
    else if ('fill' in step && venue.works) venue.fill(step.fill, step.px)
    else if ('bust' in step) venue.bust(step.bust)
    else if ('expire' in step && venue.works) venue.end('EXPIRED')
    hear()
  }
  for (let n = 0; pending.length > 0 || takeNext(true); n++) deliver(order[n % order.length] ?? 0, false)
  return { client, venue }
}

describe('an order and its venue', () => {
  it('agree once everything has arrived, however late, twice and out of order', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 25 }),
        fc.integer({ min: 1, max: 20 }).map((n) => n === 1),
        fc.array(fc.nat({ max: 9 }), { minLength: 1, maxLength: 12 }),
        (acts, rejected, order) => {
          const { client, venue } = play(acts, rejected, order)
          const { ordStatus, cumQty, pending, leavesQty, terms } = client.context()
          expect({
            ordStatus,
            cumQty,
            pending,
            avgPx: avgPx(client.context()),
            orderQty: terms.orderQty,
          }).toEqual({
            ordStatus: venue.ordStatus,
            cumQty: String(venue.cumQty),
            pending: [],
            avgPx: venue.avgPx,
            orderQty: String(venue.orderQty),
          })
          const left = venue.works ? decimal.subtract(terms.orderQty, cumQty) : '0'
          expect(leavesQty).toBe(left)
        },
      ),
      { numRuns: 3_000 },
    )
  })
})
