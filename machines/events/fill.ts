/** Events that an order sends to its position, account, owner and watchers. */

import { z } from 'zod'
import { address, decimal, epochMs, positive, side } from '../model/fields.ts'
import { orderTerms, ordRejReason, ordStatus, ordType, positionSide, venueCause } from './order.ts'
import { ofTrade } from './shape.ts'

/** The deal and the venue's commission for it. */
const deal = { lastQty: positive, lastPx: positive, commission: decimal, commissionAsset: z.string() }

/** One fill, from an order to its position, account and owner. */
export const fill = z.object({
  type: z.literal('FILL'),
  at: epochMs,
  /** The venue's time of the fill, if it gives one. */
  transactAt: epochMs.optional(),
  order: address,
  cause: venueCause.optional(),
  /** The list that the order is a leg of. */
  list: address.optional(),
  tradeId: z.string(),
  venue: z.string(),
  symbol: z.string(),
  positionSide: positionSide.optional(),
  side,
  ordType,
  /** The price at which the order triggers, as the venue's report has it: that of a trailing stop moves. */
  stopPx: decimal.optional(),
  ...ofTrade,
  /** The account's leverage when it let the order pass, of a contract. */
  leverage: decimal.optional(),
  ...deal,
})

/** A fill that was taken back by the venue, from an order to whom it told of the fill. */
export const fillBust = fill.extend({ type: z.literal('FILL_BUST') })

/** A fill as it was in truth, and as it had been told: one takes the other's place. */
export const fillCorrected = fill.extend({ type: z.literal('FILL_CORRECTED'), was: z.object(deal) })

/** An order that has ended tells its account and its owner. */
export const orderClosed = z.object({
  type: z.literal('ORDER_CLOSED'),
  at: epochMs,
  order: address,
  ordStatus,
  cumQty: decimal,
  avgPx: decimal,
})

/** An order tells its watchers of everything that changed it or answered it. */
export const orderUpdate = z.object({
  type: z.literal('ORDER_UPDATE'),
  at: epochMs,
  order: address,
  /** The actor that asked for the order. */
  owner: address.optional(),
  /** The terms in force. */
  ...orderTerms,
  orderQty: decimal,
  /** A pending request goes first, so a working order may be PENDING_REPLACE. */
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

/** A list asks its position to tell it once, when the position is closed. */
export const watch = z.object({ type: z.literal('WATCH'), at: epochMs, watcher: address })

export type Fill = z.infer<typeof fill>
export type FillBust = z.infer<typeof fillBust>
export type FillCorrected = z.infer<typeof fillCorrected>
export type OrderClosed = z.infer<typeof orderClosed>
export type OrderUpdate = z.infer<typeof orderUpdate>
export type Watch = z.infer<typeof watch>
