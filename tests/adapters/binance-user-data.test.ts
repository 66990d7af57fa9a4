/** Recorded accounts through real machines: our books against what the exchange says they are. */
import { describe, expect, it } from 'vitest'
import {
  type AccountContext,
  avgPx,
  type BalanceReport,
  booksOf,
  machines,
  type OrderContext,
  ordStatusOf,
  type PositionContext,
  type PositionReport,
} from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { decodeUserMessage } from '../../src/adapters/binance/user-stream.ts'
import type { Port, PortContext } from '../../src/runtime/port.ts'
import type { Intent } from '../../src/runtime/record/record.ts'
import { Harness } from '../runtime/harness.ts'
import {
  beginningOf,
  commissionsOf,
  idOf,
  isOfFutures,
  type Message,
  ordersIn,
  realizedPnlOf,
  recordedCases,
  settledBy,
  standingOf,
  timeOf,
  tradesIn,
} from './recorded-user-data.ts'

const VENUE = 'binance'
const ACCOUNT = `account/${VENUE}`
const SETTLE_MS = 5_000
const NEVER_MS = 1e15
const CASES = recordedCases()

const reportsIn = (messages: readonly Message[]) =>
  messages.flatMap((message) => decodeUserMessage(JSON.stringify(message), VENUE).reports)

function accountReportsIn(messages: readonly Message[]): readonly (BalanceReport | PositionReport)[] {
  return reportsIn(messages)
    .map(({ event }) => event)
    .filter(({ type }) => type === 'BALANCE_REPORT' || type === 'POSITION_REPORT') as ReturnType<
    typeof accountReportsIn
  >
}

/** A port that says nothing of its venue, and of the account what that has. */
class BookKeeper implements Port {
  #context: PortContext | undefined

  start(context: PortContext): void {
    this.#context = context
  }

  async deliver({ actor, event }: Intent): Promise<void> {
    if (event.type !== 'PORTFOLIO_REQUEST') return
    const account = this.#context?.getSnapshot(ACCOUNT)?.context as AccountContext
    await this.#context?.send(actor, { type: 'PORTFOLIO', at: event.at, ...booksOf(account) })
  }

  recover(): void {}
}

/** An account that knows its orders, and takes what a case tells of them. */
class Account {
  readonly harness = new Harness()
  readonly #case: readonly Message[]
  readonly #symbol: string

  constructor(messages: readonly Message[]) {
    this.#case = messages
    this.#symbol = ordersIn(messages)[0]?.s as string
  }

  /** With the money that it had before the first trade, worked back from the last balances that were told. */
  async open(): Promise<this> {
    const symbol = this.#symbol
    const contract = isOfFutures(this.#case) ? 'linear' : 'spot'
    const limits = { orderNotionalMax: '1000000', openOrdersMax: 10 }
    const instruments = [{ symbol, contract }]
    const supervisor = await this.harness.open({ machines, ports: { [VENUE]: new BookKeeper() } })
    await supervisor.spawn('account', VENUE, { venue: VENUE, balance: '0', limits, instruments })
    await supervisor.spawn('position', `${VENUE}:${symbol}`, { venue: VENUE, symbol, contract })
    await supervisor.spawn('reconciliation', VENUE, { venue: VENUE, settleMs: SETTLE_MS, everyMs: NEVER_MS })
    const told = accountReportsIn(this.#case).filter((report) => report.type === 'BALANCE_REPORT')
    const last = new Map(told.map((report) => [report.asset, report]))
    for (const [asset, { at, balance }] of last) {
      const until = this.#case.filter((message) => timeOf(message) <= at)
      const change = decimal.subtract(balance, settledBy(tradesIn(until), asset))
      const of = { at: 0, venue: VENUE, flowId: `opening-${asset}`, reason: 'opening' }
      await supervisor.send(ACCOUNT, { type: 'CASH_FLOW_REPORT', ...of, asset, change })
    }
    return this
  }

  /** Each order is placed just before it is first told of. */
  async take(messages: readonly Message[]): Promise<this> {
    const { supervisor } = this.harness
    for (const { to, event } of reportsIn(messages)) {
      const { at } = event
      if (supervisor.getSnapshot(to) === undefined) {
        const first = ordersIn(this.#case).find((order) => to === `order/${idOf(order)}`)
        if (first !== undefined) await supervisor.send(to, beginningOf(first, VENUE, at), { at })
      }
      await supervisor.send(to, event, { at })
    }
    return this
  }

  order(id: string): OrderContext {
    return this.harness.context(`order/${id}`) as OrderContext
  }

  get position(): PositionContext {
    return this.harness.context(`position/${VENUE}:${this.#symbol}`) as PositionContext
  }

  get balances(): AccountContext['balances'] {
    return (this.harness.context(ACCOUNT) as AccountContext).balances
  }

  /** All that has to be the same, however the messages came. */
  books() {
    const ids = [...new Set(ordersIn(this.#case).map(idOf))]
    const orders = ids.map((id) => {
      const order = this.order(id)
      const { cumQty, leavesQty } = order
      const state = this.harness.value(`order/${id}`)
      return [id, { state, ordStatus: ordStatusOf(order), cumQty, leavesQty, avgPx: avgPx(order) }] as const
    })
    const { quantity, cost, realizedPnl, commissions } = this.position
    const position = { quantity, cost, realizedPnl, commissions }
    return { orders: Object.fromEntries(orders), position, balances: this.balances }
  }

  /** `base` is the PnL that the exchange had counted before. */
  expectAgrees(report: BalanceReport | PositionReport, base: string): void {
    if (report.type === 'BALANCE_REPORT') {
      expect(this.balances[report.asset]).toBe(report.balance)
      return
    }
    const { quantity, cost, realizedPnl } = this.position
    expect(quantity).toBe(report.quantity)
    expect(cost).toBe(decimal.multiply(report.quantity, report.entryPx))
    expect(decimal.add(base, realizedPnl)).toBe(report.realizedPnl)
  }

  async statesOf(id: string): Promise<readonly string[]> {
    const records = (await this.harness.records()).filter(({ actor }) => actor === `order/${id}`)
    return records.map(({ to }) => (to as { execution: string }).execution)
  }
}

const replay = async (messages: readonly Message[], as = messages) =>
  (await new Account(messages).open()).take(as)
const replayCase = (name: string) => replay(CASES.get(name) as readonly Message[])

/** Messages of one millisecond come from several services: their order among each other is no promise. */
function swaps(messages: readonly Message[]): (readonly Message[])[] {
  return messages.flatMap((message, i) => {
    const next = messages[i + 1]
    if (next === undefined || timeOf(next) !== timeOf(message)) return []
    return [[...messages.slice(0, i), next, message, ...messages.slice(i + 2)]]
  })
}

function byTime(messages: readonly Message[]): (readonly Message[])[] {
  const times = [...new Set(messages.map(timeOf))]
  return times.map((at) => messages.filter((message) => timeOf(message) === at))
}

describe.each([...CASES])('the updates of %s', (_, messages) => {
  it('lead to what they say: quantities, prices, ends, commissions and PnL', async () => {
    const account = await replay(messages)
    const { orders, position } = account.books()
    const ends = new Map(ordersIn(messages).map((order) => [idOf(order), standingOf(order)]))
    for (const [id, end] of ends) expect(orders[id]).toMatchObject({ ...end, leavesQty: '0' })
    const trades = tradesIn(messages)
    expect(position.commissions).toEqual(commissionsOf(trades))
    expect(position.realizedPnl).toBe(realizedPnlOf(trades))
    expect(await account.harness.deadLetters()).toEqual([])
    expect(account.harness.errors).toEqual([])
  })

  it('agree on the way with every balance and position that they tell', async () => {
    const account = await new Account(messages).open()
    const positions = accountReportsIn(messages).filter((report) => report.type === 'POSITION_REPORT')
    const base = positions[0]?.realizedPnl ?? '0'
    for (const together of byTime(messages)) {
      await account.take(together)
      for (const report of accountReportsIn(together)) account.expectAgrees(report, base)
    }
  })

  it('have a reconciliation ask only where a trade came after the last word on balances', async () => {
    const { harness } = await replay(messages)
    // What is asked is answered before time goes on.
    const endAt = Math.max(...messages.map(timeOf))
    const heardAt = Math.min(endAt, ...accountReportsIn(messages).map(({ at }) => at))
    for (const at of [heardAt, endAt]) {
      harness.clock.advanceTo(at + SETTLE_MS)
      await harness.supervisor.idle()
    }
    const emitted = (await harness.records()).flatMap((record) => record.emitted ?? [])
    const lastTradeAt = Math.max(...tradesIn(messages).map(({ T }) => T))
    const lastWordAt = Math.max(...accountReportsIn(messages).map(({ at }) => at))
    const asked = emitted.filter(({ type }) => type.startsWith('RECONCILIATION'))
    expect(asked).toHaveLength(lastTradeAt > lastWordAt ? 1 : 0)
  })

  it('lead there also when they come twice, and when neighbours come the other way round', async () => {
    const books = (await replay(messages)).books()
    const twice = messages.flatMap((message) => [message, message])
    for (const other of [twice, [...messages, ...messages], ...swaps(messages)]) {
      expect((await replay(messages, other)).books()).toEqual(books)
    }
  })
})

describe('recorded updates', () => {
  it('take a stop whose id expires and is new again through its trigger to its fill', async () => {
    const account = await replayCase('usdm-2021-06-04-TRXUSDT-OTOCO-stoploss')
    const states = await account.statesOf('web_st_U8qk7AIsi5rYhlu')
    expect(states).toEqual(['initialized', 'submitted', 'accepted', 'expired', 'triggered', 'filled'])
    expect(account.position).toMatchObject({ realizedPnl: '-0.039', commissions: { USDT: '0.00910439' } })
    expect(account.balances).toEqual({ USDT: '316.15065294' })
  })

  it('count a trade that TRADE_LITE tells first once, with its commission', async () => {
    const account = await replayCase('usdm-2024-11-18-BTCUSDT-open-close-TRADE_LITE')
    const fills = Object.values(account.order('android_MLA5BSDBdSD12WPlEyMh').fills)
    expect(fills).toMatchObject([{ id: '5612428004', lastQty: '0.002', commission: '0.0917399' }])
    expect(account.position).toMatchObject({ realizedPnl: '-1.7734', commissions: { USDT: '0.1825931' } })
    expect(account.balances).toEqual({ USDT: '640.89671759' })
  })

  it('leave a stop that closes whatever is held working until it is canceled, for all its quantity of zero', async () => {
    const account = await replayCase('usdm-2025-03-26-BTCUSDT-new-cancel')
    const states = await account.statesOf('ios_ArfzDKDqp7FLwwpFUqYz')
    expect(states).toEqual(['initialized', 'submitted', 'accepted', 'canceled'])
  })

  it("take spot's report of a cancel to the order, not to the request", async () => {
    const account = await replayCase('spot-testnet-2020-11-19-BTCUSDT-new-cancel')
    expect(account.order('daa3Lntyw5phO7yGkmkUzn').ordStatus).toBe('CANCELED')
    expect(account.harness.value('order/R7jZ6w1DPgAo3OFPQDMC0W')).toBeUndefined()
  })

  it('move both assets of spot, and the one that the commission is taken in', async () => {
    const taken = await replayCase('spot-2021-06-14-EOSUSDT-market-buy')
    expect(taken.balances).toEqual({ USDT: '2407.6927191', EOS: '1.95', BNB: '0.19238282' })
    const made = await replayCase('spot-2025-10-20-BNBUSDT-limit-maker-fill')
    expect(made.balances).toEqual({ USDT: '1.829394', BNB: '0.00699475' })
  })
})
