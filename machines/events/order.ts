import { z } from 'zod'
import { decimal, epochMs, side } from './fields.ts'

export const ordType = z.enum(['MARKET', 'LIMIT', 'STOP'])
export const timeInForce = z.enum(['GTC', 'IOC', 'FOK'])
/** FIX OrdStatus (tag 39), the names spelled out. */
export const ordStatus = z.enum([
  'NEW',
  'PARTIALLY_FILLED',
  'FILLED',
  'CANCELED',
  'REJECTED',
  'EXPIRED',
  'PENDING_CANCEL',
])
/** FIX ExecType (tag 150). TRIGGERED: a stop's price was reached and it works as a market order from then on. */
export const execType = z.enum(['NEW', 'TRADE', 'CANCELED', 'REJECTED', 'EXPIRED', 'TRIGGERED'])

/** To a venue's port. The intent's id is the ClOrdID. */
export const placeOrder = z.object({
  type: z.literal('PLACE_ORDER'),
  symbol: z.string(),
  side,
  ordType,
  orderQty: decimal,
  /** LIMIT only. */
  price: decimal.optional(),
  /** STOP only. */
  stopPx: decimal.optional(),
  timeInForce,
})

/** To a venue's port. */
export const cancelOrder = z.object({
  type: z.literal('CANCEL_ORDER'),
  /** ClOrdID of the order to cancel. */
  origClOrdId: z.string(),
})

/** FIX ExecutionReport (35=8): what a venue says of an order. */
export const executionReport = z.object({
  type: z.literal('EXECUTION_REPORT'),
  at: epochMs,
  execType,
  ordStatus,
  clOrdId: z.string(),
  /** The venue's own id of the order. */
  orderId: z.string(),
  /** Unique per report at a venue. */
  execId: z.string(),
  symbol: z.string(),
  side,
  orderQty: decimal,
  cumQty: decimal,
  leavesQty: decimal,
  avgPx: decimal,
  /** TRADE only: this fill. */
  tradeId: z.string().optional(),
  lastQty: decimal.optional(),
  lastPx: decimal.optional(),
  /** What the venue charged for this fill, positive when paid. */
  commission: decimal.optional(),
  commissionAsset: z.string().optional(),
  liquidity: z.enum(['MAKER', 'TAKER']).optional(),
  /** Why, when refused or ended without a fill. */
  text: z.string().optional(),
})

/** FIX OrderCancelReject (35=9). */
export const orderCancelReject = z.object({
  type: z.literal('ORDER_CANCEL_REJECT'),
  at: epochMs,
  /** Of the cancel request. */
  clOrdId: z.string(),
  origClOrdId: z.string(),
  text: z.string(),
})

export type OrdType = z.infer<typeof ordType>
export type TimeInForce = z.infer<typeof timeInForce>
export type OrdStatus = z.infer<typeof ordStatus>
export type PlaceOrder = z.infer<typeof placeOrder>
export type CancelOrder = z.infer<typeof cancelOrder>
export type ExecutionReport = z.infer<typeof executionReport>
export type OrderCancelReject = z.infer<typeof orderCancelReject>
