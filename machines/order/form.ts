/** The ways in which the versions of an order differ. */
import type { ExecutionReport } from '../events/order.ts'
import type { OrderContext } from './context.ts'
import { type ExecutionState, foreignTo, type Outcome, outcomeOf, requestNumber } from './execution.ts'

/** Returns the outcome of a report for an order in a state. */
type OutcomeOf = (order: OrderContext, from: ExecutionState, report: ExecutionReport) => Outcome | undefined

export interface Form {
  /** Strict versions set reports of other orders apart. */
  readonly outcomeOf: OutcomeOf
  /** Returns how many requests were made for it so far, as far as it knows. */
  readonly requestsOf: (order: OrderContext) => number
  /**
   * An owner that is the account, too, is told once, and the order asks its venue how it stands when a cancel is refused. Versions up
   * to 7 do neither.
   */
  readonly isExact: boolean
}

/** Returns the outcome as versions from 8 on have it. */
export const exactly: OutcomeOf = (order, from, report) =>
  foreignTo(order, from, report) ?? outcomeOf(order, from, report, true)

/** Returns the outcome as versions from 5 to 7 have it. Version 4 has that of execution.ts alone. */
export const strictly: OutcomeOf = (order, from, report) =>
  foreignTo(order, from, report) ?? outcomeOf(order, from, report)

/**
 * Returns a function that computes each outcome once, because every guard of a report asks for it, and then its action. It
 * returns what the given function returns, so its machine is pure. It forgets an outcome with the report.
 */
export function once(outcomeOf: OutcomeOf): OutcomeOf {
  const known = new WeakMap<
    ExecutionReport,
    { readonly order: OrderContext; readonly from: ExecutionState; readonly outcome: Outcome | undefined }
  >()
  return (order, from, report) => {
    const last = known.get(report)
    if (last !== undefined && last.order === order && last.from === from) return last.outcome
    const outcome = outcomeOf(order, from, report)
    known.set(report, { order, from, outcome })
    return outcome
  }
}

/** Returns the number of requests, also those that an adopted order's ClOrdID shows. */
export const knownRequests = ({ requests, clOrdId }: OrderContext) =>
  Math.max(requests, requestNumber(clOrdId))
/** Returns the number of requests that the order itself has made, as versions up to 5 count them. */
export const ownRequests = ({ requests }: OrderContext) => requests
