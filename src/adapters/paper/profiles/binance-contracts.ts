/** The rules that Binance's two markets of contracts have in common. */
import {
  isConditional,
  isLimited,
  type OrdType,
  ordType,
  type TimeInForce,
} from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import { PAPER_CAPABILITIES } from '../capabilities.ts'
import { available, wouldTake } from '../engine/market-view.ts'
import type { AmendRule, Asked, Documented, Rule, VenueProfile, VenueRefusal } from '../engine/profile.ts'
import {
  bandFaultOf,
  bandOf,
  type Fault,
  marketPxOf,
  marketQuantityFaultOf,
  notionalFaultOf,
  openCountsOf,
  priceFaultOf,
  quantityFaultOf,
} from './filters.ts'

const ID_PATTERN = '^[.A-Z:/a-z0-9_-]{1,36}$'
const ID = new RegExp(ID_PATTERN)
const ORDERS_MAX = 200
const CONDITIONAL_MAX = 10
const TYPES: readonly OrdType[] = ordType.options.filter((type) => type !== 'TRAILING_STOP')
/** A GTD order ends no earlier than this after it is sent. */
const GTD_MIN_MS = 600_000

/** The particulars of one of the two markets. */
export interface Market {
  readonly name: 'binance-usdm' | 'binance-coinm'
  readonly contract: 'linear' | 'inverse'
  /** The documents, as the source of a rule. */
  readonly docs: string
  readonly times: readonly TimeInForce[]
  readonly wouldTake: VenueRefusal
  readonly duplicate: VenueRefusal
  readonly marketFar: number
  readonly notional: number
  readonly amendNotional: number
  readonly amendSame: number
  readonly amendType: number
  readonly ways: readonly Documented[]
}

const PRICE_FAULTS: Readonly<Record<Fault, VenueRefusal>> = {
  places: { code: -1111, text: 'Precision is over the maximum defined for this asset.' },
  min: { code: -4013, text: 'Price less than min price.' },
  max: { code: -4002, text: 'Price greater than max price.' },
  step: { code: -4014, text: 'Price not increased by tick size.' },
}
const QUANTITY_FAULTS: Readonly<Record<Fault, VenueRefusal>> = {
  places: PRICE_FAULTS.places,
  min: { code: -4004, text: 'Quantity less than min quantity.' },
  max: { code: -4005, text: 'Quantity greater than max quantity.' },
  step: { code: -4023, text: 'Qty not increased by step size.' },
}
const BAND_FAULTS: Readonly<Record<'up' | 'down', VenueRefusal>> = {
  up: { code: -4016, text: 'Price is higher than mark price multiplier cap.' },
  down: { code: -4024, text: 'Price is lower than mark price multiplier floor.' },
}
const NOT_REDUCING: VenueRefusal = {
  code: -2022,
  text: 'ReduceOnly Order is rejected.',
  ordRejReason: 'REDUCE_ONLY',
}
/** The names of parameters that are not called as our terms are. */
const PARAMETERS: Readonly<Record<string, string>> = { orderQty: 'quantity', stopPx: 'stopPrice' }
const isMissing = (name: string): VenueRefusal => ({
  code: -1102,
  text: `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
})
const isUnwanted = (name: string): VenueRefusal => ({
  code: -1106,
  text: `Parameter '${name}' sent when not required.`,
})

export function contractsProfile(market: Market): VenueProfile {
  const errors = `${market.docs}/error-code`
  const common = `${market.docs}/common-definition`
  const ids: Rule = {
    rule: `A client order id matches ${ID_PATTERN}.`,
    answer: '-4015 Client order id is not valid.',
    source: `${errors}#-4015`,
    refusalOf: ({ order }) =>
      ID.test(order.clOrdId) ? undefined : { code: -4015, text: 'Client order id is not valid.' },
  }
  const status: Rule = {
    rule: 'A symbol takes orders while it trades.',
    answer: '-4140 Invalid symbol status for opening position.',
    source: `${errors}#-4140`,
    refusalOf: ({ rules, order }) => {
      if ((rules.status ?? 'trading') === 'trading') return undefined
      if (rules.status === 'closing' && order.reduceOnly) return undefined
      return { code: -4140, text: 'Invalid symbol status for opening position.' }
    },
  }
  const types: Rule = {
    rule: 'A symbol takes the types that it lists. A trailing stop follows by a share, which our orders do not have.',
    answer: '-1116 Invalid orderType.',
    source: `${errors}#-1116`,
    refusalOf: ({ order, rules }) =>
      TYPES.includes(order.ordType) && (rules.orderTypes ?? TYPES).includes(order.ordType)
        ? undefined
        : { code: -1116, text: 'Invalid orderType.' },
  }
  const parameters: Rule = {
    rule: 'An order has no price that its type does not use.',
    answer: '-1106',
    source: `${errors}#-1106`,
    refusalOf: ({ order }) => {
      if (order.price !== undefined && !isLimited(order)) return isUnwanted('price')
      return order.stopPx !== undefined && !isConditional(order) ? isUnwanted('stopPrice') : undefined
    },
  }
  const times: Rule = {
    rule: `timeInForce is ${market.times.join(', ')}, or GTX, our post-only.`,
    answer: '-1115 Invalid timeInForce.',
    source: `${common} and ${errors}#-1115`,
    refusalOf: ({ order }) =>
      market.times.includes(order.timeInForce) ? undefined : { code: -1115, text: 'Invalid timeInForce.' },
  }
  const goodTill: Rule = {
    rule: 'A GTD order ends more than 600 s after it is sent.',
    answer: '-5040',
    source: `${errors}#-5040`,
    refusalOf: ({ order: { timeInForce, expireTime }, state }) =>
      timeInForce !== 'GTD' || (expireTime ?? 0) > state.now + GTD_MIN_MS ? undefined : GTD_TOO_NEAR,
  }
  const sides: Rule = {
    rule: 'A hedging account names the side of the position, and another one does not.',
    answer: "-4061 Order's position side does not match user's setting.",
    source: `${errors}#-4061`,
    refusalOf: ({ order: { positionSide }, terms: { positionMode } }) => {
      if (positionMode === undefined) return undefined
      if ((positionMode === 'hedging') === (positionSide !== undefined)) return undefined
      return { code: -4061, text: "Order's position side does not match user's setting." }
    },
  }
  const prices: Rule = {
    rule: 'PRICE_FILTER: limit and trigger lie within two bounds, on a tick, with few enough places.',
    answer: '-1111, -4013, -4002, -4014',
    source: `${common} and ${errors}#-4014`,
    refusalOf: (asked) => answerOf(PRICE_FAULTS, priceFaultOf(asked)),
  }
  const lots: Rule = {
    rule: 'LOT_SIZE and, for market orders, MARKET_LOT_SIZE: the quantity lies within two bounds, on a step, with few enough places.',
    answer: '-1111, -4004, -4005, -4023',
    source: `${common} and ${errors}#-4004`,
    refusalOf: (asked) => answerOf(QUANTITY_FAULTS, quantityFaultOf(asked) ?? marketQuantityFaultOf(asked)),
  }
  const notional: Rule = {
    rule: 'MIN_NOTIONAL: the value is not smaller, except of a reduce-only order.',
    answer: `${market.notional} Order's notional must be no smaller than … (unless you choose reduce only).`,
    source: `${errors}#${market.notional}`,
    refusalOf: (asked) => {
      if (asked.order.reduceOnly || notionalFaultOf(asked) !== 'min') return undefined
      const text = `Order's notional must be no smaller than ${asked.rules.minNotional} (unless you choose reduce only).`
      return { code: market.notional, text }
    },
  }
  const bands: Rule = {
    rule: "PERCENT_PRICE: a limit to buy is not above the cap, and one to sell not below the floor. The last price stands for the mark's.",
    answer: '-4016, -4024',
    source: `${errors}#-4024`,
    refusalOf: (asked) => {
      const fault = bandFaultOf(asked)
      const counts = asked.order.side === 'BUY' ? 'up' : 'down'
      return fault === counts ? BAND_FAULTS[fault] : undefined
    },
  }
  const far: Rule = {
    rule: 'A market order is refused while the best price of the other side is outside of PERCENT_PRICE.',
    answer: `${market.marketFar} The counterparty's best price does not meet the PERCENT_PRICE filter limit.`,
    source: `${errors}#${market.marketFar}`,
    refusalOf: (asked) => {
      if (asked.order.ordType !== 'MARKET' || !isBestFar(asked)) return undefined
      const text = "The counterparty's best price does not meet the PERCENT_PRICE filter limit."
      return { code: market.marketFar, text }
    },
  }
  const counts: Rule = {
    rule: `MAX_NUM_ORDERS counts the open orders of the symbol (default ${ORDERS_MAX}), MAX_NUM_ALGO_ORDERS those that wait for a price (default ${CONDITIONAL_MAX}).`,
    answer: '-2025 Reach max open order limit. / -4045 Reach max stop order limit.',
    source: `${errors}#-2025`,
    refusalOf: (asked) => {
      const { all, conditional } = openCountsOf(asked)
      const { maxOrders = ORDERS_MAX, maxConditional = CONDITIONAL_MAX } = asked.rules
      if (isConditional(asked.order))
        return conditional >= maxConditional
          ? { code: -4045, text: 'Reach max stop order limit.' }
          : undefined
      return all - conditional >= maxOrders ? { code: -2025, text: 'Reach max open order limit.' } : undefined
    },
  }
  const amend = `${market.docs}/trade/rest-api/Modify-Order`
  const amendType: AmendRule = {
    rule: 'Only limit orders can be modified.',
    answer: `${market.amendType} Only limit order is supported.`,
    source: amend,
    answerTo: (_, was) =>
      was.ordType === 'LIMIT'
        ? undefined
        : { code: market.amendType, text: 'Only limit order is supported.' },
  }
  const amendSame: AmendRule = {
    rule: 'A modification changes something.',
    answer: `${market.amendSame} No need to modify the order.`,
    source: `${errors}#${market.amendSame}`,
    answerTo: ({ order }, was) =>
      isSame(order.orderQty, was.orderQty) && isSame(order.price, was.price)
        ? { code: market.amendSame, text: 'No need to modify the order.' }
        : undefined,
  }
  const amendEnds: AmendRule = {
    rule: 'A modification to no more than is filled already cancels the order, and so does one of a post-only order to a price that would take.',
    answer: 'CANCELED',
    source: amend,
    answerTo: ({ order, market: view }, was) => {
      const isFilled = decimal.isPositive(was.cumQty) && decimal.compare(order.orderQty, was.cumQty) <= 0
      const takes = was.postOnly === true && wouldTake(view, was.side, order.price)
      return isFilled || takes ? 'cancels' : undefined
    },
  }
  const amendNotional: AmendRule = {
    ...notional,
    answer: `${market.amendNotional} Order's notional must be no smaller than …`,
    source: `${errors}#${market.amendNotional}`,
    answerTo: (asked) => {
      const refusal = notional.refusalOf(asked)
      return refusal && { ...refusal, code: market.amendNotional }
    },
  }
  const amendAs = (rule: Rule): AmendRule => ({ ...rule, answerTo: (asked) => rule.refusalOf(asked) })
  return {
    name: market.name,
    contract: market.contract,
    capabilities: {
      ...PAPER_CAPABILITIES,
      orderTypes: TYPES,
      timeInForce: market.times,
      feeAssets: market.contract === 'linear' ? ['settle', 'other'] : ['settle'],
      ids: { lengthMax: 36, pattern: ID_PATTERN },
      limits: { openOrdersMax: ORDERS_MAX },
    },
    answers: {
      unknownSymbol: () => ({ code: -1121, text: 'Invalid symbol.' }),
      problem: ({ field, value }) => {
        if (field === 'orderQty' && value !== 'none')
          return { code: -4003, text: 'Quantity less than or equal to zero.' }
        if (field === 'expireTime') return GTD_TOO_NEAR
        if (field === 'postOnly') return { code: -1128, text: 'Combination of optional parameters invalid.' }
        if (field === 'trailingOffset') return { code: -1116, text: 'Invalid orderType.' }
        if (value === 'none') return isMissing(PARAMETERS[field] ?? field)
        return {
          code: field === 'stopPx' ? -4006 : -4001,
          text: `${field === 'stopPx' ? 'Stop price' : 'Price'} less than zero.`,
        }
      },
      wouldTake: market.wouldTake,
      notReducing: NOT_REDUCING,
      wouldTrigger: { code: -2021, text: 'Order would immediately trigger.' },
      duplicate: market.duplicate,
      unknownOrder: () => ({ code: -2011, text: 'Unknown order sent.' }),
    },
    rules: [
      ids,
      status,
      types,
      parameters,
      times,
      ...(market.times.includes('GTD') ? [goodTill] : []),
      sides,
      prices,
      lots,
      notional,
      bands,
      far,
      counts,
    ],
    amendRules: [
      amendAs(ids),
      amendType,
      amendEnds,
      amendSame,
      amendAs(prices),
      amendAs(lots),
      amendAs(bands),
      amendNotional,
    ],
    ways: [
      {
        rule: 'A client order id is unique among open orders. The same request, sent again, changes nothing.',
        answer: textWithCode(market.duplicate),
        source: `${market.docs}/trade/rest-api and ${errors}`,
      },
      {
        rule: 'A stop or a take-profit whose price is reached already is refused. The last price triggers it.',
        answer: '-2021 Order would immediately trigger.',
        source: `${errors}#-2021`,
      },
      {
        rule: 'A post-only order that would take is refused.',
        answer: textWithCode(market.wouldTake),
        source: errors,
      },
      {
        rule: 'A reduce-only order with nothing to reduce is refused. In hedge mode an order against its side is reduce-only.',
        answer: '-2022 ReduceOnly Order is rejected.',
        source: `${errors}#-2022`,
      },
      {
        rule: 'The rest of a market order or of an IOC order expires, and so does a FOK order that cannot be filled.',
        answer: 'EXPIRED',
        source: `${market.docs}/trade/rest-api`,
      },
      {
        rule: 'A cancel or a modification of an order that is not open is refused.',
        answer: '-2011 Unknown order sent.',
        source: `${errors}#-2011`,
      },
      ...market.ways,
    ],
    unfilled: 'EXPIRED',
    marketWaits: false,
    locks: false,
    averages: false,
    feeIn: 'settle',
    bnbShare: '0.9',
    reduces: ({ positionSide, side, reduceOnly }) =>
      positionSide === undefined ? reduceOnly === true : (positionSide === 'LONG') === (side === 'SELL'),
  }
}

const GTD_TOO_NEAR: VenueRefusal = {
  code: -5040,
  text: 'The goodTillDate timestamp must be greater than the current time plus 600 seconds and smaller than 253402300799000',
}

function answerOf(
  answers: Readonly<Record<Fault, VenueRefusal>>,
  fault: Fault | undefined,
): VenueRefusal | undefined {
  return fault && answers[fault]
}

function textWithCode({ code, text }: VenueRefusal): string {
  return code === undefined ? text : `${code} ${text}`
}

function isSame(a = '0', b = '0'): boolean {
  return decimal.compare(a, b) === 0
}

function isBestFar(asked: Asked): boolean {
  const band = bandOf(asked)
  const of = marketPxOf(asked)
  const { side } = asked.order
  const [best] = available(asked.market, side, '1')
  if (band === undefined || of === undefined || best === undefined) return false
  return side === 'BUY'
    ? decimal.compare(best[0], decimal.multiply(of, band.up)) > 0
    : decimal.compare(best[0], decimal.multiply(of, band.down)) < 0
}
