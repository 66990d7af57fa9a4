import { z } from 'zod'
import { decimal, epochMs, name, positive, side } from '../model/fields.ts'

export const ordType = z
  .enum(['MARKET', 'LIMIT', 'STOP', 'STOP_LIMIT', 'TRAILING_STOP', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT'])
  .describe(
    'FIX OrdType (tag 40). A STOP becomes a market order when the price reaches `stopPx` against its holder, and a TAKE_PROFIT when the price reaches it in favour of its holder. A STOP_LIMIT or TAKE_PROFIT_LIMIT becomes a limit order instead. A TRAILING_STOP keeps its distance from the best price.',
  )
export const timeInForce = z
  .enum(['GTC', 'DAY', 'GTD', 'IOC', 'FOK'])
  .describe('FIX TimeInForce (tag 59). DAY ends at midnight UTC, GTD at `expireTime`.')

export const positionSide = z
  .enum(['LONG', 'SHORT'])
  .describe(
    'The long or the short position of a hedging account. Absent in a netting account, which has one position of each symbol.',
  )
export type PositionSide = z.infer<typeof positionSide>

export const overfillPolicy = z
  .enum(['count', 'reject'])
  .describe(
    "The action for a fill beyond the quantity of its order. It is flagged either way. count: our books take it, as the venue's do. reject: our books leave it out, and each reconciliation reports the difference until a person settles it.",
  )
export type OverfillPolicy = z.infer<typeof overfillPolicy>

/** The terms of an order. See terms.ts for the terms that each order type needs. */
export const orderTerms = {
  symbol: name.describe('The symbol that is traded.'),
  side: side.describe('FIX Side (tag 54).'),
  ordType,
  orderQty: positive.describe('The quantity, in units of the symbol.'),
  price: positive.optional().describe('The limit of a LIMIT, STOP_LIMIT or TAKE_PROFIT_LIMIT order.'),
  stopPx: positive
    .optional()
    .describe('The price that triggers a STOP, STOP_LIMIT, TAKE_PROFIT or TAKE_PROFIT_LIMIT order.'),
  trailingOffset: positive
    .optional()
    .describe('The distance of a TRAILING_STOP from the best price since it was placed, in units of price.'),
  timeInForce,
  expireTime: epochMs.optional().describe('The end of a GTD order (tag 126), in epoch ms.'),
  postOnly: z
    .boolean()
    .optional()
    .describe('True: the venue refuses the order if it would take liquidity instead of resting.'),
  positionSide: positionSide.optional(),
  reduceOnly: z.boolean().optional().describe('True: the order can only make a position smaller.'),
}
export const refPx = positive.describe('The price that the notional of the order is estimated with.')

/** FIX OrdStatus (tag 39), the names spelled out. */
export const ordStatus = z.enum([
  'PENDING_NEW',
  'NEW',
  'PARTIALLY_FILLED',
  'FILLED',
  'DONE_FOR_DAY',
  'CANCELED',
  'REJECTED',
  'EXPIRED',
  'STOPPED',
  'SUSPENDED',
  'PENDING_CANCEL',
  'PENDING_REPLACE',
])
/**
 * FIX ExecType (tag 150). TRIGGERED: its price was reached, and it works from then on. STOPPED: an
 * execution is guaranteed that has not happened yet. RESTATED: changed by the venue, without being asked.
 */
export const execType = z.enum([
  'PENDING_NEW',
  'NEW',
  'TRADE',
  'TRADE_CANCEL',
  'TRADE_CORRECT',
  'DONE_FOR_DAY',
  'CANCELED',
  'REPLACED',
  'RESTATED',
  'PENDING_CANCEL',
  'PENDING_REPLACE',
  'STOPPED',
  'SUSPENDED',
  'REJECTED',
  'EXPIRED',
  'TRIGGERED',
  'ORDER_STATUS',
])

/** FIX ClOrdID (tag 11): what the order calls one of its requests. The first one, which places it, is its own id. */
export const clOrdId = z.string()

/** The venue's own name of an order that somebody else has placed. The order's id here is made of it: see `adoptedId`. */
export const foreignId = z
  .string()
  .optional()
  .describe(
    "The venue's name of an order that another program or a person has placed. Absent for our own orders.",
  )

/** Goes to a venue's port. */
export const placeOrder = z.object({
  type: z.literal('PLACE_ORDER'),
  clOrdId,
  ...orderTerms,
})

/** Goes to a venue's port. */
export const cancelOrder = z.object({
  type: z.literal('CANCEL_ORDER'),
  clOrdId,
  /** ClOrdID of the order to cancel. */
  origClOrdId: clOrdId,
  /** The venue knows the order by this, and not by `origClOrdId`. */
  foreignId,
})

/**
 * Asks a venue's port for other terms of an order. FIX OrderCancelReplaceRequest (35=G), with the whole quantity, not the rest.
 */
export const replaceOrder = z.object({
  type: z.literal('REPLACE_ORDER'),
  clOrdId,
  /** ClOrdID of the order to replace. */
  origClOrdId: clOrdId,
  /** The venue knows the order by this, and not by `origClOrdId`. */
  foreignId,
  orderQty: decimal,
  price: decimal.optional(),
  stopPx: decimal.optional(),
})

/** Asks a venue's port for the status of an order that it has not answered. FIX OrderStatusRequest (35=H). */
export const orderStatusRequest = z.object({
  type: z.literal('ORDER_STATUS_REQUEST'),
  /** Address of the order. */
  order: z.string(),
  clOrdId,
  /** The venue knows the order by this, and not by `clOrdId`. */
  foreignId,
})

/**
 * The venue has never seen the order, and nothing is under way that would place it; or it has no record of the order any more. Only this
 * says so; a network error does not.
 */
export const orderUnknown = z.object({
  type: z.literal('ORDER_UNKNOWN'),
  at: epochMs,
  clOrdId,
  /** Why, if the venue says so. */
  text: z.string().optional(),
})

/** The reason for which a venue itself has placed an order: to close a position of the account, or what is left of its contract. */
export const venueCause = z
  .enum(['liquidation', 'adl', 'insurance', 'settlement', 'delivery'])
  .describe('The reason for an order that the venue itself has placed. Absent for all others.')
export type VenueCause = z.infer<typeof venueCause>

/**
 * FIX OrdRejReason (tag 103), of what is REJECTED. DUPLICATE_ORDER: the venue has had the ClOrdID before. REDUCE_ONLY:
 * there is not as much to reduce.
 */
export const ordRejReason = z.enum(['DUPLICATE_ORDER', 'REDUCE_ONLY', 'OTHER'])
export type OrdRejReason = z.infer<typeof ordRejReason>

/** FIX ExecutionReport (35=8): what a venue says of an order. */
export const executionReport = z.object({
  type: z.literal('EXECUTION_REPORT'),
  at: epochMs,
  execType,
  ordStatus,
  clOrdId,
  /** The venue's own id of the order. FIX OrderID (tag 37). */
  venueOrderId: z.string(),
  /** Unique per report at a venue. */
  execId: z.string(),
  symbol: z.string(),
  side,
  positionSide: positionSide.optional(),
  /** The type that the order was placed with, if the venue says so. */
  ordType: ordType.optional(),
  orderQty: decimal,
  /** REPLACED and RESTATED: what is in force from now on, where that changed. */
  price: decimal.optional(),
  stopPx: decimal.optional(),
  cumQty: decimal,
  leavesQty: decimal,
  /** Zero where the venue does not say. */
  avgPx: decimal,
  /** TRADE_CANCEL and TRADE_CORRECT: ExecID of the fill that is busted or corrected (tag 19). */
  execRefId: z.string().optional(),
  /** TRADE: this fill. TRADE_CORRECT: what it was in truth. */
  tradeId: z.string().optional(),
  lastQty: positive.optional(),
  lastPx: positive.optional(),
  /** The venue's time of the fill. FIX TransactTime (tag 60). `at` is the time of the report. */
  transactAt: epochMs.optional(),
  /** The venue's commission for this fill, positive when paid. */
  commission: decimal.optional(),
  commissionAsset: z.string().optional(),
  liquidity: z.enum(['MAKER', 'TAKER']).optional(),
  ordRejReason: ordRejReason.optional(),
  /** Why, when refused or ended without a fill. */
  text: z.string().optional(),
})

/**
 * A report was under way and is lost; what it said, the venue has to be asked. Where it has been dropped to see what becomes
 * of that, nobody acts on it: of a real loss nobody is told.
 */
export const reportLost = z.object({ type: z.literal('REPORT_LOST'), at: epochMs })

/**
 * FIX CxlRejReason (tag 102). TOO_LATE: nothing is left of the order. UNKNOWN_ORDER: the venue does not have it, or has it no more.
 * Absent where the venue does not say.
 */
export const cxlRejReason = z.enum(['TOO_LATE', 'UNKNOWN_ORDER', 'OTHER'])

/** FIX OrderCancelReject (35=9), of a cancel or a replace. */
export const orderCancelReject = z.object({
  type: z.literal('ORDER_CANCEL_REJECT'),
  at: epochMs,
  /** ClOrdID of the request. */
  clOrdId,
  origClOrdId: clOrdId,
  cxlRejReason: cxlRejReason.optional(),
  text: z.string(),
})

export type OrdType = z.infer<typeof ordType>
export type TimeInForce = z.infer<typeof timeInForce>
export type OrdStatus = z.infer<typeof ordStatus>
export type ExecType = z.infer<typeof execType>
export type PlaceOrder = z.infer<typeof placeOrder>
export type CancelOrder = z.infer<typeof cancelOrder>
export type ReplaceOrder = z.infer<typeof replaceOrder>
export type OrderStatusRequest = z.infer<typeof orderStatusRequest>
export type OrderUnknown = z.infer<typeof orderUnknown>
export type ExecutionReport = z.infer<typeof executionReport>
export type OrderCancelReject = z.infer<typeof orderCancelReject>
