/** The ways in which an order of a version differs, and what a report comes to by them. */
import type { ExecutionReport } from '../events/order.ts'
import type { OrderContext } from './context.ts'
import { type ExecutionState, foreignTo, type Outcome, outcomeOf, requestNumber } from './execution.ts'

/** Returns what a report of an order in a state comes to. */
type OutcomeOf = (order: OrderContext, from: ExecutionState, report: ExecutionReport) => Outcome | undefined

export interface Form {
  /** A strict one refuses a report of other terms. */
  readonly outcomeOf: OutcomeOf
  /** Returns how many requests were made for it so far, as far as it knows. */
  readonly requestsOf: (order: OrderContext) => number
}

export const strictly: OutcomeOf = (order, from, report) =>
  foreignTo(order, from, report) ?? outcomeOf(order, from, report)

/**
 * Returns a function that works each outcome out once: every guard of a report asks for the same one, and then its action. It returns
 * what the given function returns, so a machine that uses it is pure. It remembers a report's last outcome as long as the report is there.
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

/** An adopted order may have made requests that nobody here knows of. */
export const knownRequests = ({ requests, clOrdId }: OrderContext) =>
  Math.max(requests, requestNumber(clOrdId))
/** The form of version 5 and below. */
export const ownRequests = ({ requests }: OrderContext) => requests
