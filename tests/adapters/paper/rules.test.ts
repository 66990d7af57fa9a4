/** The strict profiles answer as Binance does: requests with their answers, of which tests/data/README.md has the source. */
import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { instrument, type PlaceOrder } from '../../../machines/index.ts'
import type { PaperVenueOptions } from '../../../src/adapters/paper/paper-venue.ts'
import { existing } from '../../data/data.ts'
import { Desk, header, OPTIONS } from './desk.ts'
import { CANNOT_BE_ASKED } from './unasked.ts'

type Json = Record<string, unknown>
interface Setup {
  readonly symbols: [{ status: string; orderTypes: string[]; amendAllowed?: boolean; filters: Json[] } & Json]
  readonly account: Json & {
    balances?: Record<string, { free: string }>
    wallet?: Record<string, string>
    positions?: { positionAmt: string; positionSide: string }[]
    dualSidePosition?: boolean
  }
  readonly market: { BTCUSDT: { lastPrice: string; bids: [string, string][]; asks: [string, string][] } }
}
interface Asked extends Record<string, string | undefined> {
  type: string
  side: 'BUY' | 'SELL'
}
interface Line {
  readonly id: string
  readonly venue: 'spot' | 'usdm'
  readonly setup: { base: string; override?: Json; state?: Record<string, (Asked & { label: string })[]> }
  readonly request: { method: string; path: string; params: Asked }
  readonly expect: {
    http?: number
    code?: number
    codeAnyOf?: number[]
    msgContains?: string
    after?: string
    oneOf?: Line['expect'][]
    fields?: { status?: string; algoStatus?: string; executedQty?: string }
  }
  readonly sure: boolean
}

const read = (name: string) => readFileSync(existing(`tests/data/${name}`), 'utf8')
const SETUPS = JSON.parse(read('binance-order-setups.json')) as Record<string, Json>
const LINES = read('binance-order-rules.jsonl')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Line)
const MILLION = '10000000000'
const SPOT_TYPES: Record<string, string> = {
  LIMIT_MAKER: 'LIMIT',
  STOP_LOSS: 'STOP',
  STOP_LOSS_LIMIT: 'STOP_LIMIT',
}
const CONTRACT_TYPES: Record<string, string> = {
  STOP_MARKET: 'STOP',
  STOP: 'STOP_LIMIT',
  TAKE_PROFIT_MARKET: 'TAKE_PROFIT',
  TAKE_PROFIT: 'TAKE_PROFIT_LIMIT',
}

const isNamed = (key: string) => (one: unknown) => {
  const { symbol, filterType } = one as Json
  return symbol === key || filterType === key
}

/** Sets a place that a dotted path names; null removes a filter. */
function put(into: unknown, [key = '', ...rest]: string[], value: unknown): void {
  if (Array.isArray(into)) {
    const at = into.findIndex(isNamed(key))
    if (rest.length > 0) put(into[at], rest, value)
    else if (value === null) into.splice(at, 1)
    else into[at] = value
    return
  }
  const record = into as Json
  if (rest.length === 0) {
    record[key] = value
    return
  }
  record[key] ??= {}
  put(record[key], rest, value)
}

function setupOf({ base, override = {} }: { base: string; override?: Json }): Setup {
  const found = SETUPS[base] as Json & { extends?: string; override?: Json }
  const setup =
    found.extends === undefined ? structuredClone(found) : setupOf({ ...found, base: found.extends })
  for (const [path, value] of Object.entries(override)) put(setup, path.split('.'), value)
  return setup as unknown as Setup
}

const plain = (text: string) => (text.includes('.') ? text.replace(/\.?0+$/, '') : text)
const ofType = (venue: string, type: string) =>
  ((venue === 'spot' ? SPOT_TYPES : CONTRACT_TYPES)[type] ?? type) as PlaceOrder['ordType']

function termsOf(venue: string, asked: Asked, at: number): Partial<PlaceOrder> {
  const {
    type,
    side,
    quantity,
    price,
    stopPrice,
    triggerPrice = stopPrice,
    timeInForce,
    positionSide,
  } = asked
  const postOnly = timeInForce === 'GTX' || type === 'LIMIT_MAKER'
  const terms = {
    symbol: 'BTCUSDT',
    side,
    ordType: ofType(venue, type),
    orderQty: quantity && plain(quantity),
    price: price && plain(price),
    stopPx: triggerPrice && plain(triggerPrice),
    timeInForce: timeInForce === undefined || postOnly ? 'GTC' : timeInForce,
    postOnly: postOnly || undefined,
    reduceOnly: asked.reduceOnly === 'true' || undefined,
    positionSide: positionSide === 'BOTH' ? undefined : positionSide,
    expireTime: asked.goodTillDate && at + Number(asked.goodTillDate.replace('$NOW+', '')),
  }
  return JSON.parse(JSON.stringify(terms)) as Partial<PlaceOrder>
}

function optionsOf(venue: string, { symbols: [symbol], account }: Setup): Partial<PaperVenueOptions> {
  const filters = Object.fromEntries(symbol.filters.map((one) => [one.filterType, one])) as Record<
    string,
    Json
  >
  const text = (filter: string, field: string) => {
    const found = filters[filter]?.[field]
    return found === undefined ? undefined : plain(String(found))
  }
  const number = (filter: string, ...fields: string[]) => {
    const found = fields.map((field) => filters[filter]?.[field]).find((one) => one !== undefined)
    return found as number | undefined
  }
  const band = (side: string) => ({
    up: text('PERCENT_PRICE_BY_SIDE', `${side}MultiplierUp`) ?? text('PERCENT_PRICE', 'multiplierUp'),
    down: text('PERCENT_PRICE_BY_SIDE', `${side}MultiplierDown`) ?? text('PERCENT_PRICE', 'multiplierDown'),
  })
  const isBanded = 'PERCENT_PRICE_BY_SIDE' in filters || 'PERCENT_PRICE' in filters
  const { NOTIONAL } = filters
  const rules = {
    ...instrument.parse({ symbol: 'BTCUSDT', contract: venue === 'spot' ? 'spot' : 'linear' }),
    status: symbol.status === 'TRADING' ? 'trading' : 'halted',
    orderTypes: symbol.orderTypes.map((type) => ofType(venue, type)),
    canAmend: symbol.amendAllowed,
    tickSize: text('PRICE_FILTER', 'tickSize'),
    minPx: text('PRICE_FILTER', 'minPrice'),
    maxPx: text('PRICE_FILTER', 'maxPrice'),
    pxPlaces: symbol.pricePrecision,
    qtyPlaces: symbol.quantityPrecision,
    lotSize: text('LOT_SIZE', 'stepSize'),
    minQty: text('LOT_SIZE', 'minQty'),
    maxQty: text('LOT_SIZE', 'maxQty'),
    market: {
      lotSize: text('MARKET_LOT_SIZE', 'stepSize'),
      minQty: text('MARKET_LOT_SIZE', 'minQty'),
      maxQty: text('MARKET_LOT_SIZE', 'maxQty'),
    },
    minNotional: text('NOTIONAL', 'minNotional') ?? text('MIN_NOTIONAL', 'notional'),
    maxNotional: text('NOTIONAL', 'maxNotional'),
    notionalOfMarket: NOTIONAL && { min: NOTIONAL.applyMinToMarket, max: NOTIONAL.applyMaxToMarket },
    priceBands: isBanded ? { buy: band('bid'), sell: band('ask') } : undefined,
    maxOrders: number('MAX_NUM_ORDERS', 'maxNumOrders', 'limit'),
    maxConditional: number('MAX_NUM_ALGO_ORDERS', 'maxNumAlgoOrders', 'limit'),
    maxAmends: number('MAX_NUM_ORDER_AMENDS', 'maxNumOrderAmends'),
    maxPosition: text('MAX_POSITION', 'maxPosition'),
  }
  const owned = Object.entries(account.balances ?? {}).map(([asset, { free }]) => [asset, plain(free)])
  return {
    profile: venue === 'spot' ? 'binance-spot' : 'binance-usdm',
    takerFee: '0',
    makerFee: '0',
    latencyMs: OPTIONS.latencyMs,
    instruments: [JSON.parse(JSON.stringify(rules))],
    openingBalances: venue === 'spot' ? Object.fromEntries(owned) : (account.wallet ?? {}),
    positionMode: account.dualSidePosition ? 'hedging' : 'netting',
  }
}

/** Opens a venue that is set up so; returns it with the ids of what is open by label. */
async function deskOf({ venue, setup: { base, override, state = {} } }: Line) {
  const setup = setupOf({ base, ...(override && { override }) })
  const desk = await Desk.open(optionsOf(venue, setup))
  const { lastPrice, bids, asks } = setup.market.BTCUSDT
  const levels = (side: [string, string][]) =>
    side.map(([px, qty]): [string, string] => [plain(px), plain(qty)])
  desk.book([['49990', MILLION]], [['50000', MILLION]])
  desk.trade(plain(lastPrice), '0.001', 'BUY')
  const positions = setup.account.positions ?? []
  for (const { positionAmt, positionSide } of positions) {
    const terms = { side: 'BUY', type: 'MARKET', quantity: positionAmt, positionSide } as const
    desk.place('held', termsOf(venue, terms, desk.at))
  }
  const { openOrders = [], openAlgoOrders = [], filledOrders = [] } = state
  for (const order of filledOrders)
    desk.place(order.newClientOrderId ?? order.label, termsOf(venue, order, desk.at))
  desk.book(levels(bids), levels(asks))
  const ids: Record<string, string> = {}
  for (const order of [...openOrders, ...openAlgoOrders]) {
    const id = order.newClientOrderId ?? order.label
    ids[order.label] = id
    desk.place(id, termsOf(venue, order, desk.at))
    // A trade that the order was there for.
    if (order.executedQty !== undefined) desk.trade('48999.9', order.executedQty, 'SELL')
  }
  await desk.said()
  return { desk, ids }
}

function ask(desk: Desk, ids: Readonly<Record<string, string>>, { venue, request }: Line): void {
  const { method, params } = request
  if (method === 'POST') {
    const terms = { type: 'PLACE_ORDER', ...termsOf(venue, params, desk.at) } as PlaceOrder
    const clOrdId = params.newClientOrderId ?? 'mine'
    const { ref, ...head } = header(clOrdId, desk.at)
    desk.venue.place({ ...terms, ...head, ref: { ...ref, intent: 'asked' } })
    desk.arrive()
    return
  }
  const { orderId = '', origClientOrderId } = params
  const origClOrdId = ids[orderId.replace('$ORDER_ID:', '')] ?? origClientOrderId ?? orderId
  const clOrdId = params.newClientOrderId ?? 'change'
  if (method === 'DELETE') {
    desk.cancel(clOrdId, origClOrdId)
    return
  }
  const orderQty = plain(params.newQty ?? params.quantity ?? '')
  desk.replace(clOrdId, origClOrdId, { orderQty, ...(params.price && { price: plain(params.price) }) })
}

/** The last report, as far as an answer has it. */
async function answerOf(desk: Desk) {
  const { report } = (await desk.reports()).at(-1) ?? {}
  if (report === undefined || report.type === 'CASH_FLOW_REPORT') throw new Error('no answer has come')
  const [, code, text] = /^(-\d+): (.*)$/s.exec(report.text ?? '') ?? []
  const isRefused = report.type === 'ORDER_CANCEL_REJECT' || report.ordStatus === 'REJECTED'
  const status = report.type === 'EXECUTION_REPORT' ? report.ordStatus : undefined
  const executedQty = report.type === 'EXECUTION_REPORT' ? report.cumQty : undefined
  return { isRefused, code: Number(code), text: text ?? report.text ?? '', status, executedQty }
}

function check(wanted: Line['expect'], answer: Awaited<ReturnType<typeof answerOf>>): void {
  if (wanted.oneOf !== undefined) {
    expect(wanted.oneOf.map(({ fields, code }) => fields?.status ?? code)).toContain(
      answer.isRefused ? answer.code : answer.status,
    )
    return
  }
  const { http = 200, code, codeAnyOf, msgContains, fields = {}, after = '' } = wanted
  if (http >= 400) {
    expect(answer).toMatchObject({ isRefused: true })
    expect(codeAnyOf ?? [code]).toContain(answer.code)
    if (msgContains !== undefined) expect(answer.text).toContain(msgContains)
    return
  }
  expect(answer, answer.text).toMatchObject({ isRefused: false })
  const status = fields.status ?? fields.algoStatus ?? /order a (CANCELED)/.exec(after)?.[1]
  if (status !== undefined) expect(answer.status).toBe(status)
  if (fields.executedQty !== undefined) expect(answer.executedQty).toBe(plain(fields.executedQty))
}

describe('of the requests to Binance', () => {
  const asked = LINES.filter(({ id }) => !(id in CANNOT_BE_ASKED))

  it('those that our orders have no terms for are named, with the reason', () => {
    expect(LINES).toHaveLength(146)
    const ids = new Set(LINES.map(({ id }) => id))
    expect(Object.keys(CANNOT_BE_ASKED).filter((id) => !ids.has(id))).toEqual([])
    expect(Object.values(CANNOT_BE_ASKED).filter((reason) => reason.length < 20)).toEqual([])
    expect(asked).toHaveLength(69)
  })

  it.each(asked.map((line) => [line.id, line] as const))('%s is answered so', async (_, line) => {
    const { desk, ids } = await deskOf(line)
    ask(desk, ids, line)
    try {
      check(line.expect, await answerOf(desk))
    } finally {
      await desk.venue.close()
    }
  })
})
