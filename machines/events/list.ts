/** Orders that belong together: what is asked of a list of them, and what it tells. */
import { z } from 'zod'
import { address, byHand, decimal, epochMs, name, positive, remark } from '../model/fields.ts'
import { orderTerms, positionSide, refPx } from './order.ts'
import { event, ofSymbol, ofTrade } from './shape.ts'

export const contingencyType = z
  .enum(['OCO', 'OTO', 'OTOCO'])
  .describe(
    'FIX ContingencyType (tag 1385), the names as venues write them. OCO: one cancels the other. OTO: the first triggers the others, as far as it is filled. OTOCO, a bracket: the first triggers the others, and what one of those fills the others need not.',
  )
export type ContingencyType = z.infer<typeof contingencyType>

const { symbol, positionSide: _side, ...legTerms } = orderTerms
const legId = z.string().regex(/^[A-Za-z]\w*$/, 'a word such as entry, stop or target')

export const listLeg = z.strictObject({
  legId: legId.describe(
    'A word such as entry, stop or target. Its orders are `<id of the list>-<legId>`, and with a number when another one had to be placed; what is too long for an id ends in a hash.',
  ),
  ...legTerms,
})
export type ListLeg = z.infer<typeof listLeg>

export const listRequest = z
  .strictObject({
    type: z.literal('LIST_REQUEST'),
    at: epochMs,
    owner: address.optional().describe('Who is told of its fills and of what becomes of it.'),
    venue: name.describe('Of the account that its orders go through.'),
    symbol,
    positionSide: positionSide.optional(),
    contingencyType,
    orders: z
      .array(listLeg)
      .min(1, 'at least one order')
      .max(8, 'at most eight orders')
      .describe('Its orders, one to eight.'),
    refPx,
    ...ofTrade,
  })
  .superRefine(({ contingencyType, orders }, context) => {
    const problem = (i: number, field: string, message: string) =>
      context.addIssue({ code: 'custom', path: ['orders', i, field], message })
    const [first, ...others] = orders
    for (const [i, { legId }] of orders.entries()) {
      if (orders.findIndex((other) => other.legId === legId) < i) problem(i, 'legId', 'another order has it')
      if (legId === 'exit') problem(i, 'legId', 'is kept for the market order that ends a list')
    }
    if (contingencyType !== 'OTOCO') {
      if (others.length === 0) problem(0, 'legId', 'needs another order beside it')
      return
    }
    for (const [i, { side, orderQty, reduceOnly }] of others.entries()) {
      if (side === first?.side) problem(i + 1, 'side', 'has to be opposite to that of the first order')
      if (orderQty !== first?.orderQty) problem(i + 1, 'orderQty', 'has to be that of the first order')
      if (!reduceOnly) problem(i + 1, 'reduceOnly', 'has to be true: it closes what the first order opened')
    }
  })
  .describe(
    'Brings a list into being: FIX NewOrderList (35=E). Its id is the venue, a colon, and up to 26 of A-Z, a-z, 0-9, _ and -. The first of an OTO or OTOCO is the one that triggers the others. Those of an OTOCO close what it opens: they are of the other side, of its quantity, and `reduceOnly`.',
  )
export type ListRequest = z.infer<typeof listRequest>

export const exit = z
  .strictObject({
    type: z.literal('EXIT'),
    at: epochMs,
    by: byHand,
    reason: remark.optional().describe('For the record.'),
  })
  .describe('To a list: out of what it holds, at market; what protects it stays until that is done.')
export type Exit = z.infer<typeof exit>

/** Gives a list other prices for one of its legs, also for orders to come. */
export const replaceLeg = z.strictObject({
  type: z.literal('REPLACE_LEG'),
  at: epochMs,
  legId,
  price: positive.optional(),
  stopPx: positive.optional(),
})
export type ReplaceLeg = z.infer<typeof replaceLeg>

/**
 * entering: nothing is filled yet. exposed: something is, and no live stop covers it. protected: one does. working: of
 * lists that hold nothing. exiting: it is being sold, or bought back, at market.
 */
export const listPhase = z.enum(['entering', 'working', 'exposed', 'protected', 'exiting', 'done'])
export type ListPhase = z.infer<typeof listPhase>

/** A list tells its owner whenever its phase or its exposure has changed. */
export const listUpdate = z.object({
  type: z.literal('LIST_UPDATE'),
  at: epochMs,
  list: z.string(),
  phase: listPhase,
  exposure: decimal.describe('Filled by the first order and not closed by the others.'),
})
export type ListUpdate = z.infer<typeof listUpdate>

export const orderListUpdated = event('ORDER_LIST_UPDATED', {
  ...ofSymbol,
  ...ofTrade,
  list: z.string(),
  contingencyType,
  phase: listPhase,
  exposure: decimal.describe('filled by the first order and not closed by the others'),
})
export const orderListRejected = event('ORDER_LIST_REJECTED', {
  ...ofSymbol,
  ...ofTrade,
  list: z.string(),
  text: z.string(),
}).describe('The id is that of a list that is, or was, there.')
