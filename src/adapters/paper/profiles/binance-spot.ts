/** Binance's spot market, as its documents say. A rule that they leave open is as strict here as they allow. */
import { isConditional, isLimited, type OrdType, ordType } from '../../../../machines/index.ts'
import * as decimal from '../../../../machines/model/decimal.ts'
import { PAPER_CAPABILITIES } from '../capabilities.ts'
import type { AmendRule, Asked, Rule, VenueProfile, VenueRefusal } from '../engine/profile.ts'
import { assetsOf, availableOf, paymentOf } from '../engine/wallet.ts'
import {
  bandFaultOf,
  marketQuantityFaultOf,
  notionalFaultOf,
  openCountsOf,
  priceFaultOf,
  quantityFaultOf,
  soughtOf,
} from './filters.ts'

const DOCS = 'binance-spot-api-docs'
const ID_PATTERN = '^[a-zA-Z0-9-_]{1,36}$'
const ID = new RegExp(ID_PATTERN)
/** The limits of exchangeInfo's examples, where a symbol has none of its own. */
const ORDERS_MAX = 200
const ALGO_ORDERS_MAX = 5
const AMENDS_MAX = 10
const TYPES: readonly OrdType[] = ordType.options.filter((type) => type !== 'TRAILING_STOP')
const TIMES = ['GTC', 'IOC', 'FOK'] as const

/** The names that texts have for types of orders. */
const TYPE_NAMES: Readonly<Record<OrdType, string>> = {
  MARKET: 'Market',
  LIMIT: 'Limit',
  STOP: 'Stop loss',
  STOP_LIMIT: 'Stop loss limit',
  TAKE_PROFIT: 'Take profit',
  TAKE_PROFIT_LIMIT: 'Take profit limit',
  TRAILING_STOP: 'Trailing stop',
}

/** The names of parameters that are not called as our terms are. */
const PARAMETERS: Readonly<Record<string, string>> = { orderQty: 'quantity', stopPx: 'stopPrice' }

/** Refused before the matching engine, and by it. */
const invalid = (text: string): VenueRefusal => ({ code: -1013, text })
const rejected = (text: string): VenueRefusal => ({ code: -2010, text })
const notAmended = (text: string): VenueRefusal => ({ code: -2038, text })
const isMissing = (name: string): VenueRefusal => ({
  code: -1102,
  text: `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`,
})
const isUnwanted = (name: string): VenueRefusal => ({
  code: -1106,
  text: `Parameter '${name}' sent when not required.`,
})
const filter = (name: string, refuse: (text: string) => VenueRefusal) => refuse(`Filter failure: ${name}`)

const ids: Rule = {
  rule: `A client order id matches ${ID_PATTERN}.`,
  answer: '-1100',
  source: `${DOCS} rest-api.md, errors.md`,
  refusalOf: ({ order }) =>
    ID.test(order.clOrdId)
      ? undefined
      : {
          code: -1100,
          text: `Illegal characters found in parameter 'newClientOrderId'; legal range is '${ID_PATTERN}'.`,
        },
}

const status: Rule = {
  rule: 'A symbol takes orders while it trades.',
  answer: '-1013 Market is closed.',
  source: `${DOCS} errors.md`,
  refusalOf: ({ rules }) =>
    (rules.status ?? 'trading') === 'trading' ? undefined : invalid('Market is closed.'),
}

const types: Rule = {
  rule: 'A symbol takes the types that it lists. A trailing stop follows by a share, which our orders do not have.',
  answer: '-1013 … orders are not supported for this symbol. / -1116',
  source: `${DOCS} errors.md, faqs/trailing-stop-faq.md`,
  refusalOf: ({ order: { ordType: type, postOnly, positionSide }, rules }) => {
    if (!TYPES.includes(type) || (postOnly && type !== 'LIMIT'))
      return { code: -1116, text: 'Invalid orderType.' }
    if (positionSide !== undefined) return { code: -1104, text: 'Not all sent parameters were read.' }
    if (rules.orderTypes === undefined || rules.orderTypes.includes(type)) return undefined
    return invalid(`${TYPE_NAMES[type]} orders are not supported for this symbol.`)
  },
}

const parameters: Rule = {
  rule: 'An order has no price that its type does not use.',
  answer: '-1106',
  source: `${DOCS} errors.md`,
  refusalOf: ({ order }) => {
    if (order.price !== undefined && !isLimited(order)) return isUnwanted('price')
    return order.stopPx !== undefined && !isConditional(order) ? isUnwanted('stopPrice') : undefined
  },
}

const times: Rule = {
  rule: `timeInForce is ${TIMES.join(', ')}.`,
  answer: '-1115 Invalid timeInForce.',
  source: `${DOCS} enums.md, errors.md`,
  refusalOf: ({ order }) =>
    TIMES.some((time) => time === order.timeInForce)
      ? undefined
      : { code: -1115, text: 'Invalid timeInForce.' },
}

const prices: Rule = {
  rule: 'PRICE_FILTER: limit and trigger lie within two bounds, on a tick.',
  answer: '-1013 Filter failure: PRICE_FILTER',
  source: `${DOCS} filters.md`,
  refusalOf: (asked) => (priceFaultOf(asked) === undefined ? undefined : filter('PRICE_FILTER', invalid)),
}

const lots: Rule = {
  rule: 'LOT_SIZE: the quantity lies within two bounds, on a step.',
  answer: '-1013 Filter failure: LOT_SIZE',
  source: `${DOCS} filters.md`,
  refusalOf: (asked) => (quantityFaultOf(asked) === undefined ? undefined : filter('LOT_SIZE', invalid)),
}

const marketLots: Rule = {
  rule: 'MARKET_LOT_SIZE: the same for market orders.',
  answer: '-1013 Filter failure: MARKET_LOT_SIZE',
  source: `${DOCS} filters.md`,
  refusalOf: (asked) =>
    marketQuantityFaultOf(asked) === undefined ? undefined : filter('MARKET_LOT_SIZE', invalid),
}

const notionals: Rule = {
  rule: 'NOTIONAL: the value lies within two bounds. Whether market orders keep to them, the symbol says. They are valued at the average price of 5 minutes.',
  answer: '-1013 Filter failure: NOTIONAL',
  source: `${DOCS} filters.md`,
  refusalOf: (asked) => (notionalFaultOf(asked) === undefined ? undefined : filter('NOTIONAL', invalid)),
}

const bands: Rule = {
  rule: 'PERCENT_PRICE_BY_SIDE: a limit lies within the factors of its side, of the average price of 5 minutes.',
  answer: '-1013 Filter failure: PERCENT_PRICE_BY_SIDE',
  source: `${DOCS} filters.md`,
  refusalOf: (asked) =>
    bandFaultOf(asked) === undefined ? undefined : filter('PERCENT_PRICE_BY_SIDE', invalid),
}

const counts: Rule = {
  rule: `MAX_NUM_ORDERS counts all open orders of the symbol (default ${ORDERS_MAX}), MAX_NUM_ALGO_ORDERS those that wait for a price (default ${ALGO_ORDERS_MAX}).`,
  answer: '-2010 Filter failure: MAX_NUM_ORDERS / MAX_NUM_ALGO_ORDERS',
  source: `${DOCS} filters.md, errors.md`,
  refusalOf: (asked) => {
    const { all, conditional } = openCountsOf(asked)
    const { maxOrders = ORDERS_MAX, maxConditional = ALGO_ORDERS_MAX } = asked.rules
    if (all >= maxOrders) return filter('MAX_NUM_ORDERS', rejected)
    if (!isConditional(asked.order) || conditional < maxConditional) return undefined
    return filter('MAX_NUM_ALGO_ORDERS', rejected)
  },
}

const position: Rule = {
  rule: 'MAX_POSITION: what is owned, what open orders buy and what this one buys is not more. Sales pass.',
  answer: '-2010 Filter failure: MAX_POSITION',
  source: `${DOCS} filters.md`,
  refusalOf: (asked) => {
    const { maxPosition } = asked.rules
    if (maxPosition === undefined || asked.order.side === 'SELL') return undefined
    const { base } = assetsOf(asked.terms, asked.order.symbol)
    return decimal.compare(soughtOf(asked, base), maxPosition) > 0
      ? filter('MAX_POSITION', rejected)
      : undefined
  },
}

const balance: Rule = {
  rule: 'An order locks what it pays with, a stop too: the coins that it sells, or its price times its quantity. Another order has only the rest.',
  answer: '-2010 Account has insufficient balance for requested action.',
  source: `${DOCS} errors.md, faqs/spot_glossary.md`,
  refusalOf: (asked) => {
    const { asset, amount } = paymentOf(asked, asked.order, asked.order.orderQty)
    if (decimal.compare(amount, availableOf(asked, asset)) <= 0) return undefined
    return rejected('Account has insufficient balance for requested action.')
  },
}

const amendIds: AmendRule = { ...ids, answerTo: (asked) => ids.refusalOf(asked) }

const amends: AmendRule = {
  rule: `An amendment makes the quantity smaller and changes nothing else. The order keeps its place in the queue. There are at most ${AMENDS_MAX}, where the symbol says nothing else.`,
  answer: '-2038',
  source: `${DOCS} rest-api.md "Order Amend Keep Priority", errors.md, filters.md MAX_NUM_ORDER_AMENDS`,
  answerTo: ({ order, rules }, was) => {
    if (rules.canAmend === false) return notAmended('Order amend is not supported for this symbol.')
    const up = decimal.compare(order.orderQty, was.orderQty)
    if (differs(order.price, was.price) || differs(order.stopPx, was.stopPx))
      return notAmended('Order amend (price change) is not supported.')
    if (up > 0) return notAmended('Order amend (quantity increase) is not supported.')
    if (up === 0) return notAmended('The requested action would change no state; rejecting.')
    if ((was.origClOrdIds ?? []).length >= (rules.maxAmends ?? AMENDS_MAX))
      return filter('MAX_NUM_ORDER_AMENDS', notAmended)
    return undefined
  },
}

function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== b && (a === undefined || b === undefined || decimal.compare(a, b) !== 0)
}

/** Filters that an amended order keeps to, as a new one does. */
const amendFilters: readonly AmendRule[] = [lots, notionals].map((rule) => ({
  ...rule,
  answerTo: (asked: Asked) => rule.refusalOf(asked),
}))

export const BINANCE_SPOT: VenueProfile = {
  name: 'binance-spot',
  contract: 'spot',
  capabilities: {
    ...PAPER_CAPABILITIES,
    orderTypes: TYPES,
    timeInForce: TIMES,
    amend: 'quantityDown',
    reduceOnly: false,
    hedgeMode: false,
    feeAssets: ['settle', 'received', 'other'],
    ids: { lengthMax: 36, pattern: ID_PATTERN },
    limits: { openOrdersMax: ORDERS_MAX },
  },
  answers: {
    unknownSymbol: () => ({ code: -1121, text: 'Invalid symbol.' }),
    problem: ({ field, value }) => {
      if (field === 'orderQty' && value !== 'none') return invalid('Invalid quantity.')
      if (field === 'expireTime') return { code: -1115, text: 'Invalid timeInForce.' }
      if (field === 'postOnly') return { code: -1128, text: 'Combination of optional parameters invalid.' }
      if (field === 'trailingOffset') return { code: -1116, text: 'Invalid orderType.' }
      if (value === 'none') return isMissing(PARAMETERS[field] ?? field)
      return invalid('Invalid price.')
    },
    wouldTake: rejected('Order would immediately match and take.'),
    notReducing: rejected('Account has insufficient balance for requested action.'),
    wouldTrigger: rejected('Order would trigger immediately.'),
    duplicate: rejected('Duplicate order sent.'),
    unknownOrder: () => ({ code: -2011, text: 'Unknown order sent.' }),
  },
  rules: [
    ids,
    status,
    types,
    parameters,
    times,
    prices,
    lots,
    marketLots,
    notionals,
    bands,
    counts,
    position,
    balance,
  ],
  amendRules: [amendIds, amends, ...amendFilters],
  ways: [
    {
      rule: 'A client order id is unique among open orders. The same request, sent again, changes nothing.',
      answer: '-2010 Duplicate order sent.',
      source: `${DOCS} rest-api.md, errors.md`,
    },
    {
      rule: 'A stop or a take-profit whose price is reached already is refused.',
      answer: '-2010 Order would trigger immediately.',
      source: `${DOCS} errors.md`,
    },
    {
      rule: 'A post-only order that would take is refused.',
      answer: '-2010 Order would immediately match and take.',
      source: `${DOCS} errors.md`,
    },
    {
      rule: 'A market order takes what is shown. Its rest expires, and so does that of an IOC order, and a FOK order that cannot be filled.',
      answer: 'EXPIRED',
      source: `${DOCS} faqs/market_orders_faq.md, enums.md`,
    },
    {
      rule: 'A stop to buy at market expires when the balance does not cover the prices shown at its trigger.',
      answer: 'EXPIRED',
      source: 'ours: the documents do not say it, and an exchange lends nothing',
    },
    {
      rule: 'There is no reduce-only. The venue sells what it is asked to sell, if the account has it.',
      answer: '',
      source: `${DOCS} rest-api.md "New order"`,
    },
    {
      rule: 'A commission is taken from what a trade brings: of a purchase in coins, of a sale in the quote asset. With `feeIn: bnb` it is 75% of that, in BNB.',
      answer: '',
      source: `${DOCS} faqs/commission_faq.md`,
    },
    {
      rule: 'A cancel or an amendment of an order that is not open is refused.',
      answer: '-2011 Unknown order sent.',
      source: `${DOCS} errors.md`,
    },
  ],
  unfilled: 'EXPIRED',
  marketWaits: false,
  locks: true,
  averages: true,
  feeIn: 'received',
  bnbShare: '0.75',
  reduces: () => false,
}
