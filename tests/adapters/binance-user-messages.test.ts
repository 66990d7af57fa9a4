/** Messages of 22 kinds as public projects have them: each does what it is for, by exactly its own fields. The README of tests/data has their sources. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { compact } from '../../errors/compact.ts'
import {
  type Adopt,
  adopt,
  balanceReport,
  cashFlowReport,
  type ExecutionReport,
  executionReport,
  type OrderContext,
  type OrderInput,
  orderUnknown,
  positionReport,
  reconcile,
  reportError,
  type Submit,
  venueNotice,
  verify,
} from '../../machines/index.ts'
import * as decimal from '../../machines/model/decimal.ts'
import { orderKind } from '../../machines/order/order.ts'
import { parseJson } from '../../src/adapters/binance/json.ts'
import { UserReader } from '../../src/adapters/binance/user-reader.ts'
import type { AddressedReport } from '../../src/adapters/binance/user-stream.ts'
import { WireIds } from '../../src/adapters/wire-ids.ts'
import { parseAddress } from '../../src/runtime/record/address.ts'
import { existing } from '../data/data.ts'
import { live, report } from '../machines/live-order.ts'

const SCHEMAS = z.discriminatedUnion('type', [
  adopt,
  balanceReport,
  cashFlowReport,
  executionReport,
  orderUnknown,
  positionReport,
  reconcile,
  reportError,
  venueNotice,
  verify,
])

/** The fields of a message, or of the order in it. */
type Fields = Readonly<Record<string, unknown>>

interface Line {
  /** Its place in the file, from 1. */
  readonly line: number
  readonly expect: 'effect' | 'told' | 'stream' | 'refused'
  readonly msg: Fields
  /** Its kind, and where its fields are. */
  readonly kind: string
  readonly fields: Fields
}

const FILE = 'tests/data/binance-user-messages.jsonl.gz'
const LINES: readonly Line[] = gunzipSync(readFileSync(existing(FILE)))
  .toString()
  .trim()
  .split('\n')
  .map((text, i) => {
    const { expect, msg } = parseJson(text) as Pick<Line, 'expect' | 'msg'>
    const bare = (msg.data ?? msg) as Fields
    const isNested = ['ORDER_TRADE_UPDATE', 'ALGO_UPDATE'].includes(bare.e as string)
    const fields = isNested && expect === 'effect' ? { T: bare.T, ...(bare.o as object) } : bare
    return { line: i + 1, expect, msg, kind: bare.e as string, fields }
  })
const linesFor = (expected: Line['expect'], ...kinds: string[]) =>
  LINES.filter(({ expect, kind }) => expect === expected && (kinds.length === 0 || kinds.includes(kind)))

const VENUE = 'binance'
const IDS = new WireIds(VENUE, '7f3a')
/** The id that somebody else's order has here. */
const here = (clOrdId: unknown) => IDS.identify(clOrdId as string).clOrdId
const plain = (amount: unknown) => decimal.add((amount ?? '0') as string, '0')
const text = (value: unknown) => String(value)
/** Absent where it is zero. */
const price = (amount: unknown) => (decimal.isZero(plain(amount)) ? undefined : plain(amount))
const hedged = (side: unknown) => (side === 'LONG' || side === 'SHORT' ? side : undefined)

/** Returns the reports of a message to a reader that knows its order. */
function reportsOf({ msg, fields, kind }: Line): readonly AddressedReport[] {
  const reader = new UserReader(VENUE, IDS)
  const { s, i } = (fields.or ?? fields) as Fields
  if (fields.c === '' || kind === 'CONDITIONAL_ORDER_TRIGGER_REJECT') reader.read(accepted(s, i))
  const { status, reports } = reader.read(msg)
  expect(status).toBe('decoded')
  for (const { to, event } of reports) {
    expect(SCHEMAS.parse(event)).toEqual(event)
    expect(parseAddress(to)).toBe(to)
  }
  return reports
}

function accepted(s: unknown, i: unknown) {
  const zero = { l: '0', z: '0', L: '0', p: '1', n: '0', N: null, t: -1, m: false }
  return {
    e: 'executionReport',
    s,
    i,
    c: 'known',
    S: 'BUY',
    o: 'LIMIT',
    q: '1',
    x: 'NEW',
    X: 'NEW',
    T: 1,
    ...zero,
  }
}

/** Where a field of a report comes from: a field of the message, and its form; or all of them. */
type Column = readonly [from: string, form: (value: unknown) => unknown] | ((of: Fields) => unknown)
type Table = Readonly<Record<string, Column>>

const itself = (value: unknown) => value
const ORDER: Table = {
  at: ['T', itself],
  venueOrderId: ['i', text],
  symbol: ['s', itself],
  side: ['S', itself],
  orderQty: ['q', plain],
  price: ['p', price],
  cumQty: ['z', plain],
  ordStatus: statusIn,
  leavesQty: (of) => (WORKING.includes(statusIn(of)) ? leftOf(of) : '0'),
}
const TRADE: Table = {
  tradeId: ['t', text],
  lastQty: ['l', plain],
  lastPx: ['L', plain],
  transactAt: ['T', itself],
  commission: ({ n, N }) => (N ? plain(n) : undefined),
  commissionAsset: ({ N }) => N || undefined,
  liquidity: ({ m }) => (m === undefined ? undefined : m ? 'MAKER' : 'TAKER'),
}
const SPOT_TYPES: Fields = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  LIMIT_MAKER: 'LIMIT',
  STOP_LOSS_LIMIT: 'STOP_LIMIT',
  TAKE_PROFIT_LIMIT: 'TAKE_PROFIT_LIMIT',
}
const FUTURES_TYPES: Fields = {
  MARKET: 'MARKET',
  LIMIT: 'LIMIT',
  STOP: 'STOP_LIMIT',
  STOP_MARKET: 'STOP',
  TAKE_PROFIT: 'TAKE_PROFIT_LIMIT',
  TRAILING_STOP_MARKET: 'TRAILING_STOP',
}
const TABLES: Readonly<Record<string, Table>> = {
  executionReport: {
    ...ORDER,
    clOrdId: ({ C, c }) => here(C || c || 'known'),
    ordType: ['o', (o) => SPOT_TYPES[o as string]],
    stopPx: ['P', price],
    avgPx: ({ z, Z }) => (Z && plain(z) !== '0' ? decimal.divide(plain(Z), plain(z)) : '0'),
    text: ({ X, r, eR }) =>
      X === 'EXPIRED_IN_MATCH'
        ? 'it would have traded with an order of its own account'
        : r === 'NONE'
          ? eR
          : r,
    ordRejReason: ({ X }) => (X === 'REJECTED' ? 'OTHER' : undefined),
  },
  ORDER_TRADE_UPDATE: {
    ...ORDER,
    clOrdId: ({ c, i }) => here(c === 'adl_autoclose' ? `${c}-${i}` : c),
    ordType: ({ ot, o, st }) => (st === 'ALGO_CONDITION' ? undefined : FUTURES_TYPES[(ot ?? o) as string]),
    positionSide: ['ps', hedged],
    stopPx: ['sp', price],
    avgPx: ['ap', plain],
  },
  ALGO_UPDATE: {
    ...ORDER,
    clOrdId: ['caid', here],
    venueOrderId: ({ ai, aid }) => String(ai || aid),
    ordType: ['o', (o) => FUTURES_TYPES[o as string]],
    positionSide: ['ps', hedged],
    stopPx: ['tp', price],
    cumQty: ['aq', plain],
    avgPx: ['ap', plain],
    text: ['rm', itself],
    ordRejReason: ({ X }) => (X === 'REJECTED' ? 'OTHER' : undefined),
  },
  // It has no totals: those of its own fill stand there.
  TRADE_LITE: {
    ...ORDER,
    clOrdId: ['c', here],
    cumQty: ['l', plain],
    avgPx: ['L', plain],
    ordStatus: ({ q, l }) => (plain(q) === plain(l) || text(q) < text(l) ? 'FILLED' : 'PARTIALLY_FILLED'),
    leavesQty: ({ q, l }) => decimal.max('0', decimal.subtract(plain(q), plain(l))),
  },
}
const WORKING: readonly unknown[] = ['NEW', 'PARTIALLY_FILLED', 'PENDING_NEW', 'PENDING_CANCEL']

/** Messages whose report is of another type than `x` says, by line. */
const OTHER_TYPES: Readonly<Record<number, string>> = {
  // It is closed by the venue, with nothing filled yet, and with nothing to fill.
  16: 'ORDER_STATUS',
  42: 'EXPIRED',
  // `X` says that it works still.
  60: 'ORDER_STATUS',
  // A trade at no price, and trades of nothing: they are as `X` says.
  63: 'ORDER_STATUS',
  64: 'CANCELED',
  65: 'EXPIRED',
  66: 'ORDER_STATUS',
  67: 'ORDER_STATUS',
  // A stop whose price was reached: it expires to go on, and comes onto the book later than it came.
  133: 'TRIGGERED',
  158: 'TRIGGERED',
}
const TYPES: Fields = {
  CALCULATED: 'TRADE',
  AMENDMENT: 'REPLACED',
  TRADE_PREVENTION: 'EXPIRED',
  TRIGGERING: 'TRIGGERED',
  FINISHED: 'ORDER_STATUS',
}
function typeIn({ line, kind, fields: { x, X } }: Line): unknown {
  if (kind === 'TRADE_LITE') return 'TRADE'
  const said = (kind === 'ALGO_UPDATE' ? X : x) as string
  return OTHER_TYPES[line] ?? TYPES[said] ?? said
}

function statusIn({ X, x, l, q, aq, er }: Fields): unknown {
  if (X === 'FINISHED') return plain(aq) === plain(q) ? 'FILLED' : 'CANCELED'
  if (er === '8' || X === 'NEW_ADL' || X === 'NEW_INSURANCE' || X === 'TRIGGERING' || X === 'TRIGGERED')
    return 'NEW'
  if (X === 'EXPIRED_IN_MATCH' || (x === 'CALCULATED' && plain(q) === '0' && plain(l) === '0'))
    return 'EXPIRED'
  return X
}

function leftOf({ q, z, A }: Fields): string {
  return decimal.max('0', [plain(z), plain(A)].reduce(decimal.subtract, plain(q)))
}

/** Returns what the table makes of a message. */
function told(of: Fields, table: Table) {
  const fields = Object.entries(table).map(([name, column]) => {
    if (typeof column === 'function') return [name, column(of)] as const
    const [from, form] = column
    return [name, form(of[from])] as const
  })
  return Object.fromEntries(fields.filter(([, value]) => value !== undefined))
}

const ORDERS = linesFor('effect', 'executionReport', 'ORDER_TRADE_UPDATE', 'ALGO_UPDATE', 'TRADE_LITE')
const named = (lines: readonly Line[]) =>
  lines.map((line) => [line.line, line.kind, String(line.fields.x ?? line.fields.X ?? ''), line] as const)

const reportIn = (reports: readonly AddressedReport[]) =>
  reports.map(({ event }) => event).find(({ type }) => type === 'EXECUTION_REPORT') as ExecutionReport
const adoptionIn = (reports: readonly AddressedReport[]) =>
  reports.map(({ event }) => event).find(({ type }) => type === 'ADOPT') as Adopt | undefined

describe('a message of an order', () => {
  it.each(named(ORDERS))('is a report of its own fields: %i %s %s', (_line, kind, _x, line) => {
    const { type, execId, execType, ...event } = reportIn(reportsOf(line))
    const isTrade = typeIn(line) === 'TRADE'
    expect(execType).toBe(typeIn(line))
    expect(event).toEqual(told(line.fields, { ...(TABLES[kind] as Table), ...(isTrade && TRADE) }))
  })

  it('has an ExecID that no other has but one that tells the same', () => {
    const known = new Map<string, string>()
    for (const line of ORDERS) {
      const { I, i, x, T, e } = line.fields
      const of = [line.kind, I ?? [i, x, T], e].join()
      const { execId } = reportIn(reportsOf(line))
      expect([execId, known.get(execId) ?? of]).toEqual([execId, of])
      known.set(execId, of)
    }
  })

  it.each(named(ORDERS))('leaves its order as it says: %i %s %s', (line, _kind, _x, { fields, kind }) => {
    const reports = reportsOf({ ...(LINES[line - 1] as Line) })
    const { context, ordStatus } = orderAfter(reports)
    const event = reportIn(reports)
    const { z, l, aq } = fields
    // A quantity that this message does not count has yet to come, and is known to be missing.
    const missing: Fields = { 63: plain(z), 67: plain(z) }
    const cumQty = missing[line] === undefined ? plain(kind === 'TRADE_LITE' ? l : (z ?? aq)) : '0'
    expect(context().cumQty).toBe(cumQty)
    expect(context().reportedQty).toBe(missing[line])
    expect(ordStatus()).toBe(STANDINGS[line] ?? event.ordStatus)
    if (event.execType === 'TRADE') {
      const { lastQty, lastPx, tradeId, commission = '0', commissionAsset = '' } = event
      expect(context().fills[tradeId as string]).toMatchObject({
        lastQty,
        lastPx,
        commission,
        commissionAsset,
      })
    }
    if (event.execType === 'REPLACED') {
      expect(context().terms).toMatchObject({ orderQty: plain(fields.q), price: plain(fields.p) })
    }
  })
})

/** Orders that stand otherwise than their last message says, by line. */
const STANDINGS: Readonly<Record<number, string>> = {
  // They are told as new, or as filled in part, and all of them is filled.
  14: 'FILLED',
  18: 'FILLED',
  21: 'FILLED',
  // A cancel that has not been done, of one that is filled in part.
  60: 'PARTIALLY_FILLED',
  // A fill that is only mentioned has yet to be told.
  63: 'NEW',
  67: 'NEW',
}

/** Returns the order that was asked for in the terms of its report, after what must have come before, and then after the reports. */
function orderAfter(reports: readonly AddressedReport[]) {
  const event = reportIn(reports)
  const adoption = adoptionIn(reports)
  const { symbol, side, orderQty, price, stopPx, ordType = 'LIMIT', clOrdId } = event
  const asked = { symbol, side, orderQty, price, stopPx, ordType }
  const begun = adoption ?? ({ type: 'SUBMIT', at: 1, ...TERMS, ...asked } as Submit)
  const { terms, ...of } = orderKind.activate(begun, 'o1') as OrderInput
  const order = live(terms as Submit, of)
  const { actor } = order
  actor.send(begun)
  const same = { clOrdId, symbol, side, orderQty, venueOrderId: event.venueOrderId }
  if (event.execType !== 'NEW' && event.execType !== 'REJECTED' && adoption === undefined)
    actor.send(report('NEW', same))
  const isCounted = event.execType === 'TRADE' || event.lastQty !== undefined
  const before = decimal.subtract(event.cumQty, isCounted ? (event.lastQty as string) : '0')
  // The fills of these are what is missing.
  const isMissing =
    event.execType === 'ORDER_STATUS' && !['PENDING_CANCEL', 'FILLED', 'CANCELED'].includes(event.ordStatus)
  const isPriceless = reports.some((one) => one.event.type === 'REPORT_ERROR')
  if (decimal.isPositive(before) && !isMissing && !isPriceless)
    actor.send(report('TRADE', { ...same, tradeId: 'before', lastQty: before, lastPx: '1' }))
  for (const one of reports) if (one.event.type === 'EXECUTION_REPORT') actor.send(one.event)
  return order
}
const TERMS = { venue: VENUE, timeInForce: 'GTC', account: `account/${VENUE}` } as const

describe('an order that the venue has placed itself', () => {
  const CAUSES: Readonly<Record<number, string>> = {
    14: 'adl',
    15: 'liquidation',
    16: 'liquidation',
    17: 'delivery',
    18: 'insurance',
    20: 'settlement',
    39: 'adl',
    40: 'adl',
    41: 'liquidation',
    42: 'liquidation',
    47: 'settlement',
    51: 'liquidation',
    188: 'settlement',
    189: 'liquidation',
  }

  it('is adopted by its own message, with the reason, before its report; no other is', () => {
    const causes = ORDERS.map((line) => [line.line, adoptionIn(reportsOf(line))?.cause] as const)
    expect(Object.fromEntries(causes.filter(([, cause]) => cause !== undefined))).toEqual(CAUSES)
    for (const line of Object.keys(CAUSES)) {
      const reports = reportsOf(LINES[Number(line) - 1] as Line)
      expect(reports.map(({ event }) => event.type)).toEqual(['ADOPT', 'EXECUTION_REPORT'])
      expect(new Set(reports.map(({ to }) => to)).size).toBe(1)
    }
  })

  it.each(named(ORDERS.filter(({ line }) => line in CAUSES)))(
    'is of its own fields: %i',
    (_line, kind, _x, line) => {
      const { cause: _cause, timeInForce, reduceOnly, ...event } = adoptionIn(reportsOf(line)) as Adopt
      const { at, symbol, side, orderQty, positionSide } = told(line.fields, TABLES[kind] as Table)
      const { o, p } = line.fields
      const isLimit = o !== 'MARKET'
      const terms = { ordType: isLimit ? 'LIMIT' : 'MARKET', ...(isLimit && { price: plain(p) }) }
      const of = { type: 'ADOPT', venue: VENUE, account: `account/${VENUE}`, foreignId: line.fields.c }
      expect(event).toEqual({
        ...of,
        at,
        symbol,
        side,
        orderQty,
        ...terms,
        ...compact({ positionSide }),
      })
      expect([timeInForce, reduceOnly]).toEqual(['IOC', true])
    },
  )
})

describe('a message that names orders and says little of them', () => {
  it.each(named(linesFor('effect', 'listStatus')))(
    'has each order of a list ask how it stands: %i',
    (_line, _kind, _x, line) => {
      const orders = line.fields.O as readonly { c: string }[]
      const event = { type: 'VERIFY', at: line.fields.E }
      expect(reportsOf(line)).toEqual(orders.map(({ c }) => ({ to: `order/${here(c)}`, event })))
    },
  )

  it.each(named(linesFor('effect', 'CONDITIONAL_ORDER_TRIGGER_REJECT')))(
    'ends the order that was refused: %i',
    (_line, _kind, _x, line) => {
      const reports = reportsOf(line)
      const { r } = line.fields.or as { r: string }
      const refused = {
        type: 'ORDER_UNKNOWN',
        at: line.fields.E,
        clOrdId: here('known'),
        text: expect.stringContaining(r),
      }
      expect(reports).toEqual([{ to: `order/${here('known')}`, event: refused }])
      const { actor, context } = live()
      actor.send({ type: 'SUBMIT', at: 1, ...context().terms })
      for (const execType of ['NEW', 'TRIGGERED'] as const) actor.send(report(execType))
      actor.send(reports[0]?.event as z.infer<typeof orderUnknown>)
      expect(context() as OrderContext).toMatchObject({
        ordStatus: 'CANCELED',
        text: expect.stringContaining(r),
      })
    },
  )
})

describe('a message of an account', () => {
  const KINDS: Fields = { FUNDING_FEE: 'funding', ORDER: 'fee' }

  it.each(named(linesFor('effect', 'ACCOUNT_UPDATE')))(
    'tells flows, balances and positions: %i',
    (_line, _kind, _x, line) => {
      const { T: at, a } = line.fields
      const { m: reason, B, P } = a as { m: string; B: Fields[]; P: Fields[] }
      const of = { at, venue: VENUE }
      const flows = B.filter(({ bc }) => plain(bc) !== '0').map((asset) => ({
        type: 'CASH_FLOW_REPORT',
        ...of,
        flowId: [reason, at, asset.a, plain(asset.wb)].join('-'),
        ...told(asset, { asset: ['a', itself], change: ['bc', plain] }),
        kind: KINDS[reason] ?? 'transfer',
        reason,
      }))
      const balances = B.map((asset) => ({
        type: 'BALANCE_REPORT',
        ...of,
        ...told(asset, { asset: ['a', itself], balance: ['wb', plain] }),
        reason,
      }))
      const held: Table = {
        symbol: ['s', itself],
        positionSide: ['ps', hedged],
        quantity: ['pa', plain],
        entryPx: ['ep', plain],
        unrealizedPnl: ['up', plain],
        realizedPnl: ['cr', plain],
      }
      const positions = P.map((position) => ({ type: 'POSITION_REPORT', ...of, ...told(position, held) }))
      const reports = reportsOf(line)
      expect(reports.map(({ event }) => event)).toEqual([...flows, ...balances, ...positions])
      const isFlow = (event: AddressedReport['event']) => event.type === 'CASH_FLOW_REPORT'
      for (const { to, event } of reports)
        expect(to).toBe(`${isFlow(event) ? 'account' : 'reconciliation'}/${VENUE}`)
    },
  )

  it.each(named(linesFor('effect', 'outboundAccountPosition')))(
    'tells balances of spot: %i',
    (_line, kind, _x, line) => {
      const { u: at, B } = line.fields as { u: number; B: Fields[] }
      const of = { type: 'BALANCE_REPORT', at, venue: VENUE, reason: kind }
      const balance = ({ f, l }: Fields) => decimal.add(plain(f), plain(l))
      const events = B.map((asset) => ({
        ...of,
        ...told(asset, { asset: ['a', itself], balance, free: ['f', plain] }),
      }))
      expect(reportsOf(line)).toEqual(events.map((event) => ({ to: `reconciliation/${VENUE}`, event })))
    },
  )

  it.each(named(linesFor('effect', 'balanceUpdate')))('tells a flow of spot: %i', (_line, kind, _x, line) => {
    const flow = told(line.fields, { at: ['T', itself], asset: ['a', itself], change: ['d', plain] })
    const flowId = [kind, flow.at, flow.asset, flow.change].join('-')
    const event = { type: 'CASH_FLOW_REPORT', venue: VENUE, ...flow, flowId, kind: 'transfer', reason: kind }
    expect(reportsOf(line)).toEqual([{ to: `account/${VENUE}`, event }])
  })
})

describe('a message that is told', () => {
  it.each(named(linesFor('told')))('becomes a domain event: %i %s', (_line, kind, _x, line) => {
    const [told, ...others] = reportsOf(line)
    expect(others).toEqual([])
    if (kind === 'MARGIN_CALL') {
      expect(told).toMatchObject({ to: 'runner/main', event: { type: 'REPORT_ERROR', at: line.fields.E } })
      return
    }
    const { e: _e, E: at, ...rest } = line.fields
    const scalars = Object.entries(rest).flatMap(([name, value]) => {
      if (typeof value !== 'object') return [[name, String(value)]]
      return Array.isArray(value)
        ? []
        : Object.entries(value as object).map(([part, one]) => [`${name}.${part}`, String(one)])
    })
    const fields = Object.fromEntries(scalars)
    const symbol = Object.entries(fields).find(([name]) => /^..\.s$/.test(name))?.[1]
    const notice = { type: 'VENUE_NOTICE', at, venue: VENUE, ...compact({ symbol }), kind, fields }
    expect(told).toEqual({ to: `account/${VENUE}`, event: notice })
  })
})

describe('all of the messages', () => {
  it('are counted by what becomes of them', () => {
    const reader = new UserReader(VENUE, IDS)
    for (const { msg, expect: expected } of LINES) {
      if (expected === 'refused') {
        expect(() => reader.read(msg)).toThrow(expect.objectContaining({ code: 'USER_MESSAGE_UNREADABLE' }))
        continue
      }
      const { status, reason } = reader.read(msg)
      expect(status).toBe(expected === 'stream' ? 'reconnect' : 'decoded')
      expect(typeof reason).toBe(expected === 'stream' ? 'string' : 'undefined')
    }
    expect(reader.counts).toEqual({ decoded: 179, reconnect: 5, unknown: 0, refused: 8 })
  })
})
