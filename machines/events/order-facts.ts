/** Events that orders emit: the facts of an order's life, in FIX's words. */

import { z } from 'zod'
import { decimal, side } from '../model/fields.ts'
import { foreignId, orderTerms, ordStatus } from './order.ts'
import { event, ofSymbol, ofTrade, reason } from './shape.ts'

const names = {
  ...ofSymbol,
  ...ofTrade,
  order: z.string(),
  clOrdId: z.string().describe('our id of it; once it is replaced, that of the replace'),
}
const ofOrder = {
  ...names,
  venueOrderId: z.string().optional().describe("the venue's id of it, from the venue's first report on"),
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
  commission: decimal.describe("the venue's fee for this fill, above zero when paid"),
  commissionAsset: z.string().describe('the asset that the fee is in'),
}

export const orderCreated = event('ORDER_CREATED', {
  ...names,
  ...orderTerms,
}).describe('It has come into being, whether it is let through or not.')
export const orderSubmitted = event('ORDER_SUBMITTED', {
  ...names,
  ...orderTerms,
}).describe('On its way to the venue.')
export const orderAccepted = event('ORDER_ACCEPTED', ofOrder)
export const orderTriggered = event('ORDER_TRIGGERED', ofOrder)
export const orderPartialFill = event('ORDER_PARTIAL_FILL', { ...ofOrder, ...fillFields })
export const orderFilled = event('ORDER_FILLED', { ...ofOrder, ...fillFields })
export const orderAdopted = event('ORDER_ADOPTED', { ...ofOrder, foreignId }).describe(
  'The venue had it, and nobody here knew.',
)
export const orderOverfilled = event('ORDER_OVERFILLED', {
  ...ofOrder,
  ...fillFields,
  isCounted: z.boolean(),
}).describe('The venue has filled more than was ordered.')
export const orderDiscrepancy = event('ORDER_DISCREPANCY', {
  ...ofOrder,
  reportedSymbol: z.string(),
  reportedSide: side,
  reportedQty: decimal,
}).describe('The venue tells of other terms under its id: that is another order, and no news of this one.')
export const orderDenied = event('ORDER_DENIED', { ...ofOrder, ...reason }).describe(
  'The risk gate did not let it through: the venue never saw it.',
)
export const orderTradeBusted = event('ORDER_TRADE_BUSTED', { ...ofOrder, ...fillFields }).describe(
  'The venue has taken a fill back.',
)
export const orderTradeCorrected = event('ORDER_TRADE_CORRECTED', { ...ofOrder, ...fillFields }).describe(
  '`lastQty` and `lastPx` as they were in truth.',
)
export const orderDoneForDay = event('ORDER_DONE_FOR_DAY', { ...ofOrder, ...reason })
export const orderStopped = event('ORDER_STOPPED', ofOrder).describe(
  'Its execution is guaranteed by the venue, and still to come.',
)
export const orderSuspended = event('ORDER_SUSPENDED', ofOrder)
const terms = { price: decimal.optional(), stopPx: decimal.optional() }
export const orderPendingReplace = event('ORDER_PENDING_REPLACE', {
  ...ofOrder,
  ...terms,
  newOrderQty: decimal,
}).describe('With the prices and the quantity that were asked for; those in force are still the old ones.')
export const orderReplaced = event('ORDER_REPLACED', { ...ofOrder, ...terms })
export const orderReplaceRejected = event('ORDER_REPLACE_REJECTED', { ...ofOrder, ...reason })
export const orderPendingCancel = event('ORDER_PENDING_CANCEL', ofOrder)
export const orderCancelRejected = event('ORDER_CANCEL_REJECTED', { ...ofOrder, ...reason })
export const orderCancelled = event('ORDER_CANCELLED', { ...ofOrder, ...reason })
export const orderRejected = event('ORDER_REJECTED', { ...ofOrder, ...reason })
export const orderExpired = event('ORDER_EXPIRED', { ...ofOrder, ...reason })
