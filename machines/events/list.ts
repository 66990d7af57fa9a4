/** Orders that belong together: what is asked of a list of them, and what it tells. */
import { z } from 'zod'
import { address, byHand, decimal, epochMs, name, positive, remark } from '../model/fields.ts'
import { orderTerms, positionSide, refPx } from './order.ts'
import { EXAMPLE, event, ofSymbol, ofTrade } from './shape.ts'

export const contingencyType = z
  .enum(['OCO', 'OTO', 'OTOCO'])
  .describe(
    'FIX ContingencyType (tag 1385), with the names that venues use. OCO: one order cancels the other. OTO: the first order triggers the others, as far as it is filled. OTOCO, a bracket: the first order triggers the others, and a fill of one of those makes the rest of them smaller.',
  )
export type ContingencyType = z.infer<typeof contingencyType>

const { symbol, positionSide: _side, ...legTerms } = orderTerms
const legId = z.string().regex(/^[A-Za-z]\w*$/, 'a word such as entry, stop or target')

export const listLeg = z.strictObject({
  legId: legId.describe(
    'A word such as entry, stop or target. The order of the leg is `<id of the list>-<legId>`. A further order of the leg has a number behind that. An id that would be too long ends in a hash.',
  ),
  ...legTerms,
})
export type ListLeg = z.infer<typeof listLeg>

export const listRequest = z
  .strictObject({
    type: z.literal('LIST_REQUEST'),
    at: epochMs,
    by: byHand,
    owner: address.optional().describe('The actor that is told of the fills and of each change of the list.'),
    venue: name.describe('The venue of the account that the orders go through.'),
    symbol,
    positionSide: positionSide.optional(),
    contingencyType,
    orders: z
      .array(listLeg)
      .min(1, 'at least one order')
      .max(8, 'at most eight orders')
      .describe('The orders of the list, one to eight.'),
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
    'Creates a list of orders: FIX NewOrderList (35=E). The id of the list is the venue, a colon, and up to 26 of A-Z, a-z, 0-9, _ and -. The first order of an OTO or OTOCO triggers the others. The others of an OTOCO close the position that it opens: they have the opposite side, the same quantity, and `reduceOnly`.',
  )
export type ListRequest = z.infer<typeof listRequest>

export const exit = z
  .strictObject({
    type: z.literal('EXIT'),
    at: epochMs,
    by: byHand,
    reason: remark.optional().describe('A remark for the log.'),
  })
  .describe('Closes the position of a list at market. The orders that protect it stay until then.')
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
  exposure: decimal.describe('The quantity that the first order has filled and the others have not closed.'),
})
export type ListUpdate = z.infer<typeof listUpdate>

export const orderListUpdated = event(
  'ORDER_LIST_UPDATED',
  {
    ...ofSymbol,
    ...ofTrade,
    list: z.string(),
    contingencyType,
    phase: listPhase,
    exposure: decimal.describe(
      'The quantity that the first order has filled and the others have not closed.',
    ),
  },
  {
    ...EXAMPLE.ofTrade,
    list: 'list/sim:btc-1',
    contingencyType: 'OTOCO',
    phase: 'protected',
    exposure: '0.5',
  },
).describe('The phase or the exposure of a list has changed.')
export const orderListRejected = event(
  'ORDER_LIST_REJECTED',
  {
    ...ofSymbol,
    ...ofTrade,
    list: z.string(),
    text: z.string(),
  },
  { ...EXAMPLE.ofTrade, list: 'list/sim:btc-1', text: 'listId: sim:btc-1 asked, a new one allowed' },
).describe('A list is refused, because a list with its id exists or has existed.')
