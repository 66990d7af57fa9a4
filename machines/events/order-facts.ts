/** Events that orders emit: the facts of an order's life, in FIX's words. */

import { z } from 'zod'
import { decimal, side } from '../model/fields.ts'
import { foreignId, orderTerms, ordStatus, ordType, venueCause } from './order.ts'
import { EXAMPLE, event, ofSymbol, ofTrade, reason } from './shape.ts'

const names = {
  ...ofSymbol,
  ...ofTrade,
  order: z.string(),
  clOrdId: z.string().describe('Our id of the order; after a replace, the id of the replace.'),
}
const ofOrder = {
  ...names,
  venueOrderId: z
    .string()
    .optional()
    .describe("The venue's id of the order. Absent before the venue's first report."),
  side,
  orderQty: decimal,
  cumQty: decimal,
  leavesQty: decimal,
  avgPx: decimal,
  ordStatus,
}
const fillFields = {
  lastQty: decimal,
  lastPx: decimal,
  tradeId: z.string(),
  commission: decimal.describe("The venue's commission for this fill. Positive when paid."),
  commissionAsset: z.string().describe('The asset of the commission.'),
}

const EXAMPLE_NAMES = {
  ...EXAMPLE.ofTrade,
  order: 'order/sim:btc-1-entry',
  clOrdId: 'sim:btc-1-entry',
}
const EXAMPLE_ORDER = {
  ...EXAMPLE_NAMES,
  venueOrderId: 'paper:sim-7',
  side: 'BUY',
  orderQty: '0.5',
  cumQty: '0',
  leavesQty: '0.5',
  avgPx: '0',
  ordStatus: 'NEW',
} as const
const EXAMPLE_FILL = {
  lastQty: '0.5',
  lastPx: '61837.64',
  tradeId: 'paper:sim-t9',
  commission: '3.09',
  commissionAsset: 'USDT',
}
export const orderCreated = event(
  'ORDER_CREATED',
  {
    ...names,
    ...orderTerms,
  },
  { ...EXAMPLE_NAMES, side: 'BUY', ordType: 'MARKET', orderQty: '0.5', timeInForce: 'GTC' },
).describe('An order exists from now on. It is submitted, denied or adopted.')
export const orderSubmitted = event(
  'ORDER_SUBMITTED',
  {
    ...names,
    ...orderTerms,
  },
  { ...EXAMPLE_NAMES, side: 'BUY', ordType: 'MARKET', orderQty: '0.5', timeInForce: 'GTC' },
).describe('The order is on its way to the venue.')
export const orderAccepted = event('ORDER_ACCEPTED', ofOrder, { ...EXAMPLE_ORDER }).describe(
  'The venue has taken the order, and works on it.',
)
export const orderTriggered = event('ORDER_TRIGGERED', ofOrder, { ...EXAMPLE_ORDER }).describe(
  'The price of the order was reached. The order works from now on.',
)
export const orderPartialFill = event(
  'ORDER_PARTIAL_FILL',
  { ...ofOrder, ...fillFields },
  {
    ...EXAMPLE_ORDER,
    ...EXAMPLE_FILL,
    cumQty: '0.2',
    leavesQty: '0.3',
    avgPx: '61837.64',
    ordStatus: 'PARTIALLY_FILLED',
    lastQty: '0.2',
  },
).describe('The venue has filled a part of the order.')
export const orderFilled = event(
  'ORDER_FILLED',
  { ...ofOrder, ...fillFields },
  {
    ...EXAMPLE_ORDER,
    ...EXAMPLE_FILL,
    cumQty: '0.5',
    leavesQty: '0',
    avgPx: '61837.64',
    ordStatus: 'FILLED',
  },
).describe('The venue has filled the rest of the order.')
export const orderAdopted = event(
  'ORDER_ADOPTED',
  { ...ofOrder, foreignId, cause: venueCause.optional() },
  { ...EXAMPLE_ORDER, foreignId: 'web_1' },
).describe('The venue has an order that was unknown here. It has an actor here from now on.')
export const orderOverfilled = event(
  'ORDER_OVERFILLED',
  {
    ...ofOrder,
    ...fillFields,
    isCounted: z.boolean().describe('True when our books take the fill: see `account.overfill`.'),
  },
  {
    ...EXAMPLE_ORDER,
    ...EXAMPLE_FILL,
    cumQty: '0.5',
    leavesQty: '0',
    avgPx: '61837.64',
    ordStatus: 'FILLED',
    isCounted: true,
  },
).describe('The venue has filled more than was ordered.')
export const orderDiscrepancy = event(
  'ORDER_DISCREPANCY',
  {
    ...ofOrder,
    reportedSymbol: z.string(),
    reportedSide: side,
    reportedQty: decimal,
    reportedType: ordType.optional().describe('The type of the order. Absent when it is the one asked for.'),
    reportedPrice: decimal.optional().describe('The limit. Absent when it is the one asked for.'),
    reportedStopPx: decimal.optional().describe('The stop price. Absent when it is the one asked for.'),
  },
  { ...EXAMPLE_ORDER, reportedSymbol: 'ETHUSDT', reportedSide: 'SELL', reportedQty: '1' },
).describe(
  'The venue reports other terms under the id of this order. A report of another symbol, side or quantity is about another order, and this one does not change. An order whose type or prices alone are others goes on with the prices that its venue has.',
)
export const orderDenied = event(
  'ORDER_DENIED',
  { ...ofOrder, ...reason },
  {
    ...EXAMPLE_ORDER,
    leavesQty: '0',
    ordStatus: 'REJECTED',
    text: 'orderNotionalMax: 30918.82 asked, 10000 allowed',
  },
).describe('The risk gate has denied the order. The venue never sees it.')
export const orderTradeBusted = event(
  'ORDER_TRADE_BUSTED',
  { ...ofOrder, ...fillFields },
  { ...EXAMPLE_ORDER, ...EXAMPLE_FILL },
).describe('The venue has taken a fill back.')
export const orderTradeCorrected = event(
  'ORDER_TRADE_CORRECTED',
  { ...ofOrder, ...fillFields },
  {
    ...EXAMPLE_ORDER,
    ...EXAMPLE_FILL,
    cumQty: '0.5',
    leavesQty: '0',
    ordStatus: 'FILLED',
    lastPx: '61837.60',
    avgPx: '61837.60',
  },
).describe('The venue has corrected a fill. `lastQty` and `lastPx` are the right ones.')
export const orderDoneForDay = event(
  'ORDER_DONE_FOR_DAY',
  { ...ofOrder, ...reason },
  { ...EXAMPLE_ORDER, leavesQty: '0', ordStatus: 'DONE_FOR_DAY' },
).describe('The order fills no more today. A GTC order may go on tomorrow.')
export const orderStopped = event('ORDER_STOPPED', ofOrder, {
  ...EXAMPLE_ORDER,
  ordStatus: 'STOPPED',
}).describe('The venue guarantees the execution of the order, which is still to come.')
export const orderSuspended = event('ORDER_SUSPENDED', ofOrder, {
  ...EXAMPLE_ORDER,
  ordStatus: 'SUSPENDED',
}).describe('Trading is halted. The venue keeps the order.')
const terms = { price: decimal.optional(), stopPx: decimal.optional() }
export const orderPendingReplace = event(
  'ORDER_PENDING_REPLACE',
  {
    ...ofOrder,
    ...terms,
    newOrderQty: decimal,
  },
  { ...EXAMPLE_ORDER, ordStatus: 'PENDING_REPLACE', newOrderQty: '0.4', price: '61800.00' },
).describe(
  'Other terms for the order are asked for: `price`, `stopPx` and `newOrderQty`. The old terms stay in force until the venue accepts these.',
)
export const orderReplaced = event(
  'ORDER_REPLACED',
  { ...ofOrder, ...terms },
  { ...EXAMPLE_ORDER, clOrdId: 'sim:btc-1-entry/2', orderQty: '0.4', leavesQty: '0.4', price: '61800.00' },
).describe(
  'The order has other terms, because the venue has accepted a replace or has changed them by itself.',
)
export const orderReplaceRejected = event(
  'ORDER_REPLACE_REJECTED',
  { ...ofOrder, ...reason },
  { ...EXAMPLE_ORDER, text: 'a cancel is pending' },
).describe('A replace is refused. The order keeps its terms.')
export const orderPendingCancel = event('ORDER_PENDING_CANCEL', ofOrder, {
  ...EXAMPLE_ORDER,
  ordStatus: 'PENDING_CANCEL',
}).describe('A cancel of the order is on its way to the venue.')
export const orderCancelRejected = event(
  'ORDER_CANCEL_REJECTED',
  { ...ofOrder, ...reason },
  { ...EXAMPLE_ORDER, text: 'nothing is left of the order' },
).describe('A cancel is refused.')
export const orderCancelled = event(
  'ORDER_CANCELLED',
  { ...ofOrder, ...reason },
  { ...EXAMPLE_ORDER, leavesQty: '0', ordStatus: 'CANCELED' },
).describe('The order is canceled. Its fills stay.')
export const orderRejected = event(
  'ORDER_REJECTED',
  { ...ofOrder, ...reason },
  { ...EXAMPLE_ORDER, leavesQty: '0', ordStatus: 'REJECTED', text: 'the venue never saw the order' },
).describe('The venue has refused the order, or never saw it.')
export const orderExpired = event(
  'ORDER_EXPIRED',
  { ...ofOrder, ...reason },
  { ...EXAMPLE_ORDER, leavesQty: '0', ordStatus: 'EXPIRED' },
).describe('The order has ended by its time in force.')
