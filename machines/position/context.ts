/** What a position knows, and what it says of itself. Pure. */

import { z } from 'zod'
import { compact } from '../../errors/compact.ts'
import type { Fill, FillBust } from '../events/fill.ts'
import { positionSide } from '../events/order.ts'
import type { PositionChanged } from '../events/position.ts'
import type { Emitted } from '../kind/kind.ts'
import { positionAddress } from '../model/addresses.ts'
import { contractTerms } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { avgPxOf, type Books, filledBy, signedQty, unrealizedPnl } from './books.ts'
import type { PositionEvent, positionDeclaration } from './declaration.ts'

export const positionInput = z.object({
  venue: z.string(),
  symbol: z.string(),
  /** Of a hedging account, which holds a long and a short one of a symbol apart; a netting one has none. */
  positionSide: positionSide.optional(),
  ...contractTerms,
  /** The asset that its PnL is in; by default what the symbol ends in. */
  settleAsset: z.string().optional(),
  /** Addresses that are told of every change, besides the venue's account. */
  watchers: z.array(z.string()).default([]),
})
export type PositionInput = z.input<typeof positionInput>

export interface PositionContext extends Books, z.infer<typeof positionInput> {
  readonly settleAsset: string
  /** `netPnl` when it was opened last: what it has brought since is what this trade brings. */
  readonly netAtOpen: string
  readonly markPx?: string
  /** Told when it is closed. */
  readonly holders: readonly string[]
  /** Fills that were counted, newest last. */
  readonly fillIds: readonly string[]
}

export interface PositionTypes {
  readonly input: PositionInput
  readonly context: PositionContext
  readonly events: PositionEvent
  readonly emitted: Emitted<typeof positionDeclaration>
}

/** Fills remembered: one that comes twice comes soon. */
const FILL_IDS_MAX = 256

/** Two orders of one account that trade with each other have a fill each, under one trade id. */
export const fillId = ({ order, tradeId }: Fill | FillBust) => `${order} ${tradeId}`

/** Marked at its last price; 0 while there is none. */
export function unrealizedOf(position: PositionContext): string {
  const { markPx } = position
  return markPx === undefined ? decimal.ZERO : unrealizedPnl(position, position, markPx)
}

/** Returns the fills that were counted, this one with them. */
export function fillIdsWith({ fillIds }: PositionContext, event: Fill): readonly string[] {
  return [...fillIds.slice(1 - FILL_IDS_MAX), fillId(event)]
}

export function quantityAfter({ quantity }: PositionContext, event: PositionEvent): string {
  if (event.type !== 'FILL' && event.type !== 'FILL_BUST' && event.type !== 'FILL_CORRECTED') return quantity
  return decimal.add(quantity, signedQty({ side: event.side, lastQty: filledBy(event) }))
}

/** What every report of a position says. */
export function facts(position: PositionContext, at: number) {
  const { venue, symbol, positionSide, quantity, realizedPnl, commissions, funding } = position
  return compact({
    at,
    venue,
    symbol,
    positionSide,
    quantity,
    avgPx: avgPxOf(position, position),
    realizedPnl,
    commissions,
    funding,
  })
}

/** What a change is to those who keep books of their own. */
export function changeOf(was: PositionContext, is: PositionContext, at: number): PositionChanged {
  const { symbol, contract, multiplier, settleAsset, quantity, cost } = is
  const received = (position: PositionContext) => decimal.add(position.realizedPnl, position.funding)
  return compact({
    type: 'POSITION_CHANGED',
    at,
    position: positionAddress(is),
    symbol,
    contract,
    multiplier,
    settleAsset,
    quantity,
    cost,
    avgPx: avgPxOf(is, is),
    settled: decimal.subtract(received(is), received(was)),
    markPx: is.markPx,
  })
}
