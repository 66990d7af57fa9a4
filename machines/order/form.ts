/** The ways in which an order of a version differs, and what a report comes to by them. */
import type { ExecutionReport } from '../events/order.ts'
import type { OrderContext } from './context.ts'
import { type ExecutionState, foreignTo, type Outcome, outcomeOf, requestNumber } from './execution.ts'

export interface Form {
  /** Whether the order refuses a report of other terms. */
  readonly isStrict: boolean
  /** Returns how many requests were made for it so far, as far as it knows. */
  readonly requestsOf: (order: OrderContext) => number
}

/** Every guard of a report, and then its action, asks for the same outcome: it is worked out once. */
let lastOutcome: {
  order: OrderContext
  from: ExecutionState
  report: ExecutionReport
  isStrict: boolean
  outcome?: Outcome
}
export function outcomeOnce(
  order: OrderContext,
  from: ExecutionState,
  report: ExecutionReport,
  isStrict: boolean,
): Outcome | undefined {
  const isSame =
    lastOutcome?.order === order &&
    lastOutcome.from === from &&
    lastOutcome.report === report &&
    lastOutcome.isStrict === isStrict
  if (isSame) return lastOutcome.outcome
  const outcome = (isStrict ? foreignTo(order, from, report) : undefined) ?? outcomeOf(order, from, report)
  lastOutcome = { order, from, report, isStrict, outcome }
  return outcome
}

/** An adopted order may have made requests that nobody here knows of. */
export const knownRequests = ({ requests, clOrdId }: OrderContext) =>
  Math.max(requests, requestNumber(clOrdId))
/** Up to version 5. */
export const ownRequests = ({ requests }: OrderContext) => requests
