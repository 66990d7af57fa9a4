/** The context of an order, and the facts that its events have. */

import { compact } from '../../errors/compact.ts'
import type { OrdRejReason, OrdStatus, VenueCause } from '../events/order.ts'
import type { Submit } from '../events/order-requests.ts'
import type { Emitted } from '../kind/kind.ts'
import { ownOrderAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import type { OrderEvent, orderDeclaration } from './declaration.ts'

/** The input of an order. Its SUBMIT creates it, with all its terms. */
export interface OrderInput {
  readonly id: string
  /** The venue's name of an order that somebody else has placed, until a request of ours replaces it. */
  readonly foreignId?: string
  /** The reason for which the venue itself has placed it. */
  readonly cause?: VenueCause
  readonly terms: Omit<Submit, 'type' | 'at'>
}

/** A fill as it counts now. A busted fill has the quantity 0. */
export interface CountedFill {
  readonly id: string
  readonly lastQty: string
  readonly lastPx: string
  readonly commission: string
  readonly commissionAsset: string
}

/** A request that the venue has not answered. */
export interface PendingRequest {
  readonly clOrdId: string
  readonly kind: 'cancel' | 'replace'
  /** The quantity that a replace asks for. */
  readonly orderQty?: string
  /** Time at which the venue first reported the order as if the request had not arrived, in epoch ms. */
  readonly missedAt?: number
}

export interface OrderContext extends OrderInput {
  /** The terms in force. A replaced order has the new ones. */
  readonly terms: OrderInput['terms']
  /** The status by fills and end. Pending requests go before it: see `ordStatusOf`. */
  readonly ordStatus: OrdStatus
  readonly cumQty: string
  /** The quantity that is left to fill; 0 once the order has ended. */
  readonly leavesQty: string
  /** Sum of price times quantity over the fills. AvgPx is this divided by CumQty. */
  readonly cumCost: string
  /** ClOrdID by which the venue knows the order (FIX 11): that of the request it accepted last. */
  readonly clOrdId: string
  /** The number of requests made so far, as far as the order knows. The next ClOrdID ends with the number after it. */
  readonly requests: number
  readonly pending: readonly PendingRequest[]
  /**
   * The venue's own id of the order (FIX 37), known from the first report on. Until then the venue may or may not have the order.
   */
  readonly venueOrderId?: string
  /** Fills by their ids, so that a fill that is reported twice counts once. */
  readonly fills: Readonly<Record<string, CountedFill>>
  /** ExecIDs of reports that were counted, each with the id of the fill that it is about. */
  readonly execIds: Readonly<Record<string, string | null>>
  /** The venue's last CumQty, while it differs from ours. A report of a fill is then under way, or lost. */
  readonly reportedQty?: string | undefined
  /** The venue's ids of other orders that it has reported under this order's id. */
  readonly foreign?: readonly string[]
  /** The end of the order before it was filled. A bust of a late fill brings it back to this. */
  readonly endedAs: 'canceled' | 'expired' | 'rejected' | 'doneForDay' | null
  /** The venue has confirmed that it has the order. */
  readonly isAcknowledged: boolean
  /** Its stop price was reached. */
  readonly isTriggered: boolean
  readonly ordRejReason?: OrdRejReason
  /** Why it ended without being filled. */
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

/** Returns the state that pending requests put an order into. A cancel goes before a replace (FIX D). */
export function requestState(pending: OrderContext['pending']): RequestState {
  if (pending.some(({ kind }) => kind === 'cancel')) return 'pendingCancel'
  return pending.length > 0 ? 'pendingReplace' : 'idle'
}

/**
 * Returns FIX's one status of an order, which has two regions here. A pending cancel goes first, then a pending replace (FIX D),
 * then the status by fills and end.
 */
export function ordStatusOf({ ordStatus, pending }: Pick<OrderContext, 'ordStatus' | 'pending'>): OrdStatus {
  const request = requestState(pending)
  if (request === 'idle') return ordStatus
  return request === 'pendingCancel' ? 'PENDING_CANCEL' : 'PENDING_REPLACE'
}

export function avgPx({ cumCost, cumQty }: Pick<OrderContext, 'cumCost' | 'cumQty'>): string {
  return decimal.isZero(cumQty) ? decimal.ZERO : decimal.divide(cumCost, cumQty)
}

/** Returns the fields that every event of an order has. */
export function facts(context: OrderContext, at: number) {
  const { venue, symbol, instrument, strategy, side, orderQty } = context.terms
  const { id, clOrdId, venueOrderId, cumQty, leavesQty } = context
  return compact({
    at,
    venue,
    symbol,
    instrument,
    strategy,
    order: ownOrderAddress(id),
    clOrdId,
    venueOrderId,
    side,
    orderQty,
    cumQty,
    leavesQty,
    avgPx: avgPx(context),
    ordStatus: ordStatusOf(context),
  })
}
