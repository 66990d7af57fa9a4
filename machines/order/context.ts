/** What an order knows of itself, and what it tells of itself. */

import type { OrdRejReason, OrdStatus } from '../events/order.ts'
import type { Submit } from '../events/order-requests.ts'
import type { Emitted } from '../kind/kind.ts'
import { ownOrderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import type { OrderEvent, orderDeclaration } from './declaration.ts'

/** An order is brought into being by its SUBMIT, and knows from the start what it is to be. */
export interface OrderInput {
  readonly id: string
  /** The venue's name of an order that somebody else has placed, until a request of ours replaces it. */
  readonly foreignId?: string
  readonly terms: Omit<Submit, 'type' | 'at'>
}

/** A fill as it counts now; one that was busted counts as nothing. */
export interface CountedFill {
  readonly id: string
  readonly lastQty: string
  readonly lastPx: string
  readonly commission: string
  readonly commissionAsset: string
}

/** Something that the venue was asked for and has not answered. */
export interface PendingRequest {
  readonly clOrdId: string
  readonly kind: 'cancel' | 'replace'
  /** Of a replace: the quantity that was asked for. */
  readonly orderQty?: string
  /** Epoch ms at which the venue first told of the order as if this had not been asked for. */
  readonly missedAt?: number
}

export interface OrderContext extends OrderInput {
  /** Those in force: a replaced order's are its new ones. */
  readonly terms: OrderInput['terms']
  /** By its fills and its end; what is pending goes before it, see `ordStatusOf`. */
  readonly ordStatus: OrdStatus
  readonly cumQty: string
  /** 0 once it is out. */
  readonly leavesQty: string
  /** Sum of price times quantity over the fills: AvgPx is this by CumQty. */
  readonly cumCost: string
  /** ClOrdID that the venue knows it by: of the request that it accepted last. */
  readonly clOrdId: string
  /** Requests made so far, as far as is known here: the next one's ClOrdID ends in the number after it. */
  readonly requests: number
  readonly pending: readonly PendingRequest[]
  /** The venue's own id, known from the first report on: until then the venue may or may not have it. */
  readonly venueOrderId?: string
  /** By what tells them apart: one that is reported twice counts once. */
  readonly fills: Readonly<Record<string, CountedFill>>
  /** ExecIDs of reports that count no more when they come again, each with the id of the fill that it is about. */
  readonly execIds: Readonly<Record<string, string | null>>
  /** CumQty as the venue last said it, while that is another one than here: a report of a fill is under way, or lost. */
  readonly reportedQty?: string | undefined
  /** The venue's own ids of other orders that it has reported under this one's id. */
  readonly foreign?: readonly string[]
  /** How it ended, if it did before it was filled: a bust of a late fill brings it back to that. */
  readonly endedAs: 'canceled' | 'expired' | 'rejected' | 'doneForDay' | null
  /** The venue has said that it has the order. */
  readonly isAcknowledged: boolean
  /** Its stop price was reached. */
  readonly isTriggered: boolean
  readonly ordRejReason?: OrdRejReason
  /** Why it ended without being filled, if it did. */
  readonly text?: string
}

export interface OrderTypes {
  readonly input: OrderInput
  readonly context: OrderContext
  readonly events: OrderEvent
  readonly emitted: Emitted<typeof orderDeclaration>
}

export function contextOf(input: OrderInput): OrderContext {
  return {
    ...input,
    clOrdId: input.id,
    requests: 1,
    pending: [],
    ordStatus: 'PENDING_NEW',
    cumQty: decimal.ZERO,
    leavesQty: input.terms.orderQty,
    cumCost: decimal.ZERO,
    fills: {},
    execIds: {},
    endedAs: null,
    isAcknowledged: false,
    isTriggered: false,
  }
}

export type RequestState = 'idle' | 'pendingCancel' | 'pendingReplace'

/** The state that pending requests put an order into: a cancel goes before a replace (FIX D). */
export function requestState(pending: OrderContext['pending']): RequestState {
  if (pending.some(({ kind }) => kind === 'cancel')) return 'pendingCancel'
  return pending.length > 0 ? 'pendingReplace' : 'idle'
}

/**
 * FIX's one status of an order in its two regions. What was asked for goes before all that is: pending cancel, then
 * pending replace (FIX D); among the others a later state has overruled the earlier ones already.
 */
export function ordStatusOf({ ordStatus, pending }: Pick<OrderContext, 'ordStatus' | 'pending'>): OrdStatus {
  const request = requestState(pending)
  if (request === 'idle') return ordStatus
  return request === 'pendingCancel' ? 'PENDING_CANCEL' : 'PENDING_REPLACE'
}

export function avgPx({ cumCost, cumQty }: Pick<OrderContext, 'cumCost' | 'cumQty'>): string {
  return decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cumCost, cumQty)
}

/** What every report of an order says. */
export function facts(context: OrderContext, at: number) {
  const { venue, symbol, side, orderQty } = context.terms
  const { id, cumQty, leavesQty } = context
  return {
    at,
    venue,
    symbol,
    order: ownOrderAddress(id),
    side,
    orderQty,
    cumQty,
    leavesQty,
    avgPx: avgPx(context),
    ordStatus: ordStatusOf(context),
  }
}
