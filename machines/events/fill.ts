/** What an order tells of itself to its position, account, owner and watchers. */

import { z } from 'zod'
import { address, decimal, epochMs, side } from '../model/fields.ts'
import { orderTerms, ordRejReason, ordStatus, ordType, positionSide } from './order.ts'

/** What was dealt, and what the venue charged for it. */
const deal = { lastQty: decimal, lastPx: decimal, commission: decimal, commissionAsset: z.string() }

/** One fill, from an order to its position, account and owner. */
export const fill = z.object({
  type: z.literal('FILL'),
  at: epochMs,
  order: address,
  /** That the order is a leg of. */
  list: address.optional(),
  tradeId: z.string(),
  venue: z.string(),
  symbol: z.string(),
  positionSide: positionSide.optional(),
  side,
  ordType,
  ...deal,
})

/** A fill that was taken back by the venue, from an order to whom it told of the fill. */
export const fillBust = fill.extend({ type: z.literal('FILL_BUST') })

/** A fill as it was in truth, and as it had been told: one takes the other's place. */
export const fillCorrected = fill.extend({ type: z.literal('FILL_CORRECTED'), was: z.object(deal) })

/** From an order that has ended to its account and owner. */
export const orderClosed = z.object({
  type: z.literal('ORDER_CLOSED'),
  at: epochMs,
  order: address,
  ordStatus,
  cumQty: decimal,
  avgPx: decimal,
})

/** From an order to its watchers, after everything that changed it or answered it. */
export const orderUpdate = z.object({
  type: z.literal('ORDER_UPDATE'),
  at: epochMs,
  order: address,
  /** The actor that asked for the order. */
  owner: address.optional(),
  /** Those in force. */
  ...orderTerms,
  orderQty: decimal,
  /** What is pending goes before what is, so an order that works may be PENDING_REPLACE. */
  ordStatus,
  cumQty: decimal,
  leavesQty: decimal,
  avgPx: decimal,
  /** The venue has said that it has the order. */
  isAcknowledged: z.boolean(),
  /** Its stop price was reached. */
  isTriggered: z.boolean(),
  ordRejReason: ordRejReason.optional(),
  text: z.string().optional(),
})

/** From a list to its position: it is told once, of the change that closes what is held. */
export const watch = z.object({ type: z.literal('WATCH'), at: epochMs, watcher: address })

export type Fill = z.infer<typeof fill>
export type FillBust = z.infer<typeof fillBust>
export type FillCorrected = z.infer<typeof fillCorrected>
export type OrderClosed = z.infer<typeof orderClosed>
export type OrderUpdate = z.infer<typeof orderUpdate>
export type Watch = z.infer<typeof watch>
