/** The context of a position, and the facts that its events have. Pure. */

import { z } from 'zod'
import { compact } from '../../errors/compact.ts'
import type { Fill, FillBust, FillCorrected } from '../events/fill.ts'
import { positionSide } from '../events/order.ts'
import type { PositionChanged } from '../events/position.ts'
import type { Emitted } from '../kind/kind.ts'
import { positionAddress } from '../model/addresses.ts'
import { contractTerms, dealtAssetOf } from '../model/contract.ts'
import * as decimal from '../model/decimal.ts'
import { avgPxOf, type Books, booksAfter, booksAfterDeal, unrealizedPnl } from './books.ts'
import type { PositionEvent, positionDeclaration } from './declaration.ts'

export const positionInput = z.object({
  venue: z.string(),
  symbol: z.string(),
  /** The side, if the account hedges: it holds a long and a short position of a symbol apart. A netting account has none. */
  positionSide: positionSide.optional(),
  ...contractTerms,
  /** The asset that its PnL is in. Default: the quote asset of the symbol. */
  settleAsset: z.string().optional(),
  /** Addresses of the actors that are told of every change, besides the venue's account. */
  watchers: z.array(z.string()).default([]),
})
export type PositionInput = z.input<typeof positionInput>

export interface PositionContext extends Books, z.infer<typeof positionInput> {
  readonly settleAsset: string
  /** `netPnl` when it was opened last. The PnL of the present trade is the change since then. */
  readonly netAtOpen: string
  readonly markPx?: string
  /** Addresses of the actors that are told when it is closed. */
  readonly holders: readonly string[]
  /** Id of the strategy whose fill has opened it last, if it was one's. */
  readonly openedBy?: string | undefined
  /** Ids of the fills that were counted, the newest last. */
  readonly fillIds: readonly string[]
}

export interface PositionTypes {
  readonly input: PositionInput
  readonly context: PositionContext
  readonly events: PositionEvent
  readonly emitted: Emitted<typeof positionDeclaration>
}

/** The names that an event of a position brings. */
type Named = Pick<Fill, 'instrument' | 'strategy'>

/** The number of fills that are remembered. A fill that comes twice comes again soon. */
const FILL_IDS_MAX = 256

/**
 * Returns the id of a fill. It names the order, because two orders of one account that trade with each other have a fill each
 * under one trade id.
 */
export const fillId = ({ order, tradeId }: Fill | FillBust) => `${order} ${tradeId}`

/** Returns the unrealised PnL at the last mark; 0 without a mark. */
export function unrealizedOf(position: PositionContext): string {
  const { markPx } = position
  return markPx === undefined ? decimal.ZERO : unrealizedPnl(position, position, markPx)
}

/** Returns the fills that were counted, this one with them. */
export function fillIdsWith({ fillIds }: PositionContext, event: Fill): readonly string[] {
  return [...fillIds.slice(1 - FILL_IDS_MAX), fillId(event)]
}

/** Returns the fill as a version counts it. A commission in the coin that changes hands counts since version 6. */
export function dealAs<Event extends Fill | FillBust | FillCorrected>(
  version: string,
  position: PositionContext,
  event: Event,
): Event & { readonly dealtAsset?: string | undefined } {
  return Number(version) < 6 ? event : { ...event, dealtAsset: dealtAssetOf(position, event) }
}

/** Returns the books after the event, as a version counts it. */
export function booksAs(
  version: string,
  position: PositionContext,
  event: Fill | FillBust | FillCorrected,
): Books {
  const after = Number(version) < 6 ? booksAfter : booksAfterDeal
  return after(position, position, dealAs(version, position, event))
}

export function quantityAfter(version: string, position: PositionContext, event: PositionEvent): string {
  if (event.type !== 'FILL' && event.type !== 'FILL_BUST' && event.type !== 'FILL_CORRECTED')
    return position.quantity
  return booksAs(version, position, event).quantity
}

/**
 * Returns the fields that every event of a position has. Its strategy is that of the fill, or else the one that opened the
 * position: what a watchdog or a person closes is the strategy's all the same.
 */
export function facts(
  position: PositionContext,
  { at, instrument, strategy = position.openedBy }: { at: number } & Named,
) {
  const { venue, symbol, positionSide, quantity, realizedPnl, commissions, funding } = position
  return compact({
    at,
    venue,
    symbol,
    instrument,
    strategy,
    positionSide,
    quantity,
    avgPx: avgPxOf(position, position),
    realizedPnl,
    commissions,
    funding,
  })
}

/** Returns the event of a change for the actors that keep books of their own. */
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
