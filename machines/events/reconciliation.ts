/** The venue's books held against ours. */
import { z } from 'zod'
import { address, byHand, decimal, epochMs } from '../model/fields.ts'
import { cashFlowReport } from './account.ts'
import { executionReport, foreignId, orderTerms, ordStatus, positionSide, venueCause } from './order.ts'
import { EXAMPLE, event, ofVenue } from './shape.ts'

export const reconcile = z
  .object({
    type: z.literal('RECONCILE'),
    at: epochMs,
    by: byHand,
    reason: z.string().describe('A remark for the log.'),
    order: address.optional().describe('The order that asks. Absent when no order does.'),
  })
  .describe(
    "Starts a comparison with the venue's books now, or as soon as the one that is under way is complete.",
  )

/** Asks a venue's port for all working orders, all movements of money since a time, positions and balances. */
export const venueStateRequest = z.object({ type: z.literal('VENUE_STATE_REQUEST'), since: epochMs })

const termsThere = {
  ...orderTerms,
  /** Somebody else's order may be to close whatever is held, for a quantity of zero until it is triggered. */
  orderQty: decimal,
  foreignId,
}

/** An order as the venue has it. */
export const venueOrder = z.object({
  /** The id of the request that placed it, which is our order's id. Somebody else's order has the id of `adoptedId`. */
  clOrdId: z.string(),
  venueOrderId: z.string(),
  ...termsThere,
  ordStatus,
  cumQty: decimal,
  leavesQty: decimal,
  avgPx: decimal,
})

/** Our own books: what the account has. */
const books = {
  /** Quantity left of each order that works, by address. */
  working: z.record(z.string(), decimal),
  positions: z.record(z.string(), decimal),
  balances: z.record(z.string(), decimal),
  /** The coin of each symbol that is traded on spot, by symbol. A venue tells how much of it is owned, and not for what. */
  coins: z.record(z.string(), z.string()).optional(),
}

/** The answer. A venue that cannot be reached gives none: nothing follows from that. */
export const venueState = z.object({
  type: z.literal('VENUE_STATE'),
  at: epochMs,
  openOrders: z.array(venueOrder),
  /** Executed at or after the time that was asked for, each with the address of its order and what that is to be. */
  fills: z.array(z.object({ order: z.string(), terms: z.object(termsThere), report: executionReport })),
  /** The cash flows since that time. */
  flows: z.array(cashFlowReport),
  /** The positions, also those of zero; negative when short. */
  positions: z.array(
    z.object({ symbol: z.string(), positionSide: positionSide.optional(), quantity: decimal }),
  ),
  /** The balances that the venue knows. */
  balances: z.array(z.object({ asset: z.string(), balance: decimal })),
  /** The account's balances and positions at the same moment. The port reads them, so that no look leaves a record with the account. */
  here: z.object(books),
})

/** Asks the port of a venue for the account's books alone. Version 2 asked the account itself. */
export const portfolioRequest = z.object({
  type: z.literal('PORTFOLIO_REQUEST'),
  at: epochMs,
  owner: z.string(),
})
export const portfolio = z.object({
  type: z.literal('PORTFOLIO'),
  at: epochMs,
  ...books,
})

/** Adopts an order that the venue has, or had, and that nobody here knows. This creates the order as a working one. */
export const adopt = z.object({
  type: z.literal('ADOPT'),
  at: epochMs,
  venue: z.string(),
  ...termsThere,
  cause: venueCause.optional(),
  account: z.string(),
})

/** Something that the two books do not agree about. */
export const difference = {
  what: z.enum(['order', 'position', 'balance']),
  id: z.string().describe('The address of the order, the symbol, or the asset.'),
  here: z
    .string()
    .describe('The quantity in our books: left to fill, held, or owned. `none` when they have none of it.'),
  there: z.string().describe("The same quantity in the venue's books."),
}

export const reconciliationStarted = event(
  'RECONCILIATION_STARTED',
  {
    ...ofVenue,
    reason: z.string(),
  },
  { ...EXAMPLE.ofVenue, reason: 'periodic' },
).describe("A comparison with the venue's books begins.")
export const reconciliationDifference = event(
  'RECONCILIATION_DIFFERENCE',
  {
    ...ofVenue,
    ...difference,
    done: z
      .enum(['movements applied', 'asked', 'told', 'adopted', 'canceled', 'reported'])
      .describe('The action that the difference led to.'),
  },
  { ...EXAMPLE.ofVenue, what: 'position', id: 'BTCUSDT', here: '0', there: '0.5', done: 'movements applied' },
).describe("Our books and the venue's differ.")
export const reconciliationCompleted = event(
  'RECONCILIATION_COMPLETED',
  {
    ...ofVenue,
    discrepancies: z.number().int().describe('The number of differences that are left.'),
    repaired: z
      .number()
      .int()
      .describe('The number of differences that are repaired. Absent when there were none.')
      .optional(),
  },
  { ...EXAMPLE.ofVenue, discrepancies: 0, repaired: 1 },
).describe("The comparison with the venue's books is complete.")

export type Reconcile = z.infer<typeof reconcile>
export type VenueStateRequest = z.infer<typeof venueStateRequest>
export type VenueOrderState = z.infer<typeof venueOrder>
export type VenueState = z.infer<typeof venueState>
export type PortfolioRequest = z.infer<typeof portfolioRequest>
export type PortfolioReport = z.infer<typeof portfolio>
export type AccountBooks = VenueState['here']
export type Adopt = z.infer<typeof adopt>
