/** An order in the venue's books, as terms and as a report. Pure. */
import { compact } from '../../errors/compact.ts'
import type { ExecutionReport } from '../events/order.ts'
import type { VenueOrderState, VenueState } from '../events/reconciliation.ts'

export type TermsThere = VenueState['fills'][number]['terms']

/** Returns the terms of the order without its status and its fills. */
export function termsThere({ clOrdId: _id, venueOrderId: _order, ...order }: VenueOrderState): TermsThere {
  const { ordStatus: _status, cumQty: _cum, leavesQty: _left, avgPx: _px, ...terms } = order
  return terms
}

export function statusReport(
  order: VenueOrderState,
  { at, execId }: Pick<ExecutionReport, 'at' | 'execId'>,
): ExecutionReport {
  const {
    clOrdId,
    venueOrderId,
    symbol,
    side,
    orderQty,
    price,
    stopPx,
    ordStatus,
    cumQty,
    leavesQty,
    avgPx,
  } = order
  return compact({
    type: 'EXECUTION_REPORT',
    at,
    execType: 'ORDER_STATUS',
    ordStatus,
    clOrdId,
    venueOrderId,
    execId,
    symbol,
    side,
    orderQty,
    price,
    stopPx,
    cumQty,
    leavesQty,
    avgPx,
  })
}
