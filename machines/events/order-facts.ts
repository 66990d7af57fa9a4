/** Events that orders emit: the facts of an order's life, in FIX's words. */

import { z } from 'zod'
import { decimal, side } from '../model/fields.ts'
import { foreignId, orderTerms, ordStatus } from './order.ts'
import { event, ofSymbol, ofTrade, reason } from './shape.ts'

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

export const orderCreated = event('ORDER_CREATED', {
  ...names,
  ...orderTerms,
}).describe('An order exists from now on. It is submitted, denied or adopted.')
export const orderSubmitted = event('ORDER_SUBMITTED', {
  ...names,
  ...orderTerms,
}).describe('The order is on its way to the venue.')
export const orderAccepted = event('ORDER_ACCEPTED', ofOrder).describe(
  'The venue has taken the order, and works on it.',
)
export const orderTriggered = event('ORDER_TRIGGERED', ofOrder).describe(
  'The price of the order was reached. The order works from now on.',
)
export const orderPartialFill = event('ORDER_PARTIAL_FILL', { ...ofOrder, ...fillFields }).describe(
  'The venue has filled a part of the order.',
)
export const orderFilled = event('ORDER_FILLED', { ...ofOrder, ...fillFields }).describe(
  'The venue has filled the rest of the order.',
)
export const orderAdopted = event('ORDER_ADOPTED', { ...ofOrder, foreignId }).describe(
  'The venue has an order that was unknown here. It has an actor here from now on.',
)
export const orderOverfilled = event('ORDER_OVERFILLED', {
  ...ofOrder,
  ...fillFields,
  isCounted: z.boolean().describe('True when our books take the fill: see `account.overfill`.'),
}).describe('The venue has filled more than was ordered.')
export const orderDiscrepancy = event('ORDER_DISCREPANCY', {
  ...ofOrder,
  reportedSymbol: z.string(),
  reportedSide: side,
  reportedQty: decimal,
}).describe(
  'The venue reports other terms under the id of this order. The report is about another order, and this one does not change.',
)
export const orderDenied = event('ORDER_DENIED', { ...ofOrder, ...reason }).describe(
  'The risk gate has denied the order. The venue never sees it.',
)
export const orderTradeBusted = event('ORDER_TRADE_BUSTED', { ...ofOrder, ...fillFields }).describe(
  'The venue has taken a fill back.',
)
export const orderTradeCorrected = event('ORDER_TRADE_CORRECTED', { ...ofOrder, ...fillFields }).describe(
  'The venue has corrected a fill. `lastQty` and `lastPx` are the right ones.',
)
export const orderDoneForDay = event('ORDER_DONE_FOR_DAY', { ...ofOrder, ...reason }).describe(
  'The order fills no more today. A GTC order may go on tomorrow.',
)
export const orderStopped = event('ORDER_STOPPED', ofOrder).describe(
  'The venue guarantees the execution of the order, which is still to come.',
)
export const orderSuspended = event('ORDER_SUSPENDED', ofOrder).describe(
  'Trading is halted. The venue keeps the order.',
)
const terms = { price: decimal.optional(), stopPx: decimal.optional() }
export const orderPendingReplace = event('ORDER_PENDING_REPLACE', {
  ...ofOrder,
  ...terms,
  newOrderQty: decimal,
}).describe(
  'Other terms for the order are asked for: `price`, `stopPx` and `newOrderQty`. The old terms stay in force until the venue accepts these.',
)
export const orderReplaced = event('ORDER_REPLACED', { ...ofOrder, ...terms }).describe(
  'The order has other terms, because the venue has accepted a replace or has changed them by itself.',
)
export const orderReplaceRejected = event('ORDER_REPLACE_REJECTED', { ...ofOrder, ...reason }).describe(
  'A replace is refused. The order keeps its terms.',
)
export const orderPendingCancel = event('ORDER_PENDING_CANCEL', ofOrder).describe(
  'A cancel of the order is on its way to the venue.',
)
export const orderCancelRejected = event('ORDER_CANCEL_REJECTED', { ...ofOrder, ...reason }).describe(
  'A cancel is refused.',
)
export const orderCancelled = event('ORDER_CANCELLED', { ...ofOrder, ...reason }).describe(
  'The order is canceled. Its fills stay.',
)
export const orderRejected = event('ORDER_REJECTED', { ...ofOrder, ...reason }).describe(
  'The venue has refused the order, or never saw it.',
)
export const orderExpired = event('ORDER_EXPIRED', { ...ofOrder, ...reason }).describe(
  'The order has ended by its time in force.',
)
