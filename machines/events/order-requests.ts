/** Requests to an order, and to the account that lets it through. */

import { z } from 'zod'
import { address, byHand, epochMs, name, positive, remark } from '../model/fields.ts'
import { orderTerms, ordRejReason, overfillPolicy, refPx } from './order.ts'
import { ofTrade } from './shape.ts'

const termsAtVenue = { venue: name.describe('The venue of the account.'), ...orderTerms }

/** Who an order belongs to, and who else wants to hear of everything that becomes of it. */
const parties = {
  account: address,
  owner: address.optional(),
  /** The list that the order is a leg of. */
  list: address.optional(),
  watchers: z.array(address).optional(),
  overfill: overfillPolicy.optional(),
  ...ofTrade,
  /** The account's leverage, of a contract. */
  leverage: positive.optional(),
}

export const replaceRequest = z
  .strictObject({
    type: z.literal('REPLACE_REQUEST'),
    at: epochMs,
    by: byHand,
    clOrdId: name.describe('The id of the order, whose address is `order/<clOrdId>`.'),
    owner: address.optional().describe('The actor that is told when the request is refused.'),
    orderQty: positive.optional().describe('The whole quantity, with the fills so far.'),
    price: orderTerms.price,
    stopPx: orderTerms.stopPx,
  })
  .describe(
    'Asks an account for other terms of an order that works. The risk gate checks them. Terms that are left out stay.',
  )

export const orderRequest = z
  .strictObject({
    type: z.literal('ORDER_REQUEST'),
    at: epochMs,
    by: byHand,
    clOrdId: name.describe(
      'A new id: the venue, a colon, and up to 26 of A-Z, a-z, 0-9, _ and -. The address of the order is `order/<clOrdId>`.',
    ),
    owner: address.optional().describe('The actor that is told of the fills and the end of the order.'),
    ...termsAtVenue,
    listId: name
      .optional()
      .describe(
        'The id of the list that the order is a leg of. The list is told of every change of the order.',
      ),
    strategy: ofTrade.strategy,
    refPx,
  })
  .describe('Asks an account to place an order. The risk gate checks it first.')

/** Tells the actor that made a refused request, and the list that it was for. */
export const requestRefused = z.object({
  type: z.literal('REQUEST_REFUSED'),
  at: epochMs,
  clOrdId: z.string(),
  /** The one that was refused, or that the order was to be a leg of. */
  list: address.optional(),
  check: z.string(),
  text: z.string(),
})

/** Brings an order into being and sends it to its venue. */
export const submit = z.object({
  type: z.literal('SUBMIT'),
  at: epochMs,
  ...termsAtVenue,
  ...parties,
})

export const cancel = z
  .strictObject({
    type: z.literal('CANCEL'),
    at: epochMs,
    by: byHand,
    reason: remark.optional().describe('A remark for the log.'),
  })
  .describe(
    'Cancels an order. For a list it cancels the orders that open a position, and keeps those that close it. For an OCO it cancels both orders.',
  )

/** Other terms for an order that works: what is not named stays. The quantity is the whole, fills included. */
export const replace = z.strictObject({
  type: z.literal('REPLACE'),
  at: epochMs,
  orderQty: positive.optional(),
  price: positive.optional(),
  stopPx: positive.optional(),
})

export const verify = z
  .strictObject({ type: z.literal('VERIFY'), at: epochMs, by: byHand })
  .describe('Asks the venue for the status of an order, such as whether the order still works.')

/** The account denies an order. This creates the order, so that it can say so. */
export const deny = z.object({
  type: z.literal('DENY'),
  at: epochMs,
  ...termsAtVenue,
  ...parties,
  ordRejReason: ordRejReason.optional(),
  /** The check that refused, and its numbers. */
  text: z.string(),
})

export type ReplaceRequest = z.infer<typeof replaceRequest>
export type OrderRequest = z.infer<typeof orderRequest>
export type RequestRefused = z.infer<typeof requestRefused>
export type Submit = z.infer<typeof submit>
export type Cancel = z.infer<typeof cancel>
export type Replace = z.infer<typeof replace>
export type Verify = z.infer<typeof verify>
export type Deny = z.infer<typeof deny>
