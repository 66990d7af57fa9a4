/** The events that an order accepts, emits and sends. */
import { manualIntervention } from '../events/account.ts'
import { fill, fillBust, fillCorrected, orderClosed, orderUpdate } from '../events/fill.ts'
import {
  cancelOrder,
  executionReport,
  orderCancelReject,
  orderStatusRequest,
  orderUnknown,
  placeOrder,
  replaceOrder,
  reportLost,
} from '../events/order.ts'
import {
  orderAccepted,
  orderAdopted,
  orderCancelled,
  orderCancelRejected,
  orderCreated,
  orderDenied,
  orderDiscrepancy,
  orderDoneForDay,
  orderExpired,
  orderFilled,
  orderOverfilled,
  orderPartialFill,
  orderPendingCancel,
  orderPendingReplace,
  orderRejected,
  orderReplaced,
  orderReplaceRejected,
  orderStopped,
  orderSubmitted,
  orderSuspended,
  orderTradeBusted,
  orderTradeCorrected,
  orderTriggered,
} from '../events/order-facts.ts'
import { cancel, deny, replace, requestRefused, submit, verify } from '../events/order-requests.ts'
import { adopt, reconcile } from '../events/reconciliation.ts'
import { type Accepted, declare, type Since } from '../kind/kind.ts'

export const orderDeclaration = declare({
  /** Commands, and reports of venues. */
  accepts: [
    submit,
    deny,
    cancel,
    replace,
    verify,
    adopt,
    reportLost,
    executionReport,
    orderCancelReject,
    orderUnknown,
  ],
  /** The order does not act on it, because it asks its venue when no answer comes. */
  ignores: ['REPORT_LOST'],
  raises: ['SETTLED'],
  emits: [
    orderCreated,
    orderSubmitted,
    orderAdopted,
    orderAccepted,
    orderRejected,
    orderDenied,
    orderTriggered,
    orderPartialFill,
    orderFilled,
    orderOverfilled,
    orderDiscrepancy,
    orderPendingCancel,
    orderCancelRejected,
    orderCancelled,
    orderPendingReplace,
    orderReplaced,
    orderReplaceRejected,
    orderExpired,
    orderDoneForDay,
    orderStopped,
    orderSuspended,
    orderTradeBusted,
    orderTradeCorrected,
    manualIntervention,
  ],
  sends: {
    port: [placeOrder, cancelOrder, replaceOrder, orderStatusRequest],
    account: [fill, fillBust, fillCorrected, orderUpdate, orderClosed, requestRefused],
    position: [fill, fillBust, fillCorrected],
    reconciliation: [reconcile],
    /** Goes to its owner and its watchers. */
    '*': [fill, fillBust, fillCorrected, orderUpdate, orderClosed, requestRefused],
  },
  // What makes an order, or makes it larger, has to pass the account.
  commands: ['CANCEL', 'VERIFY'],
  refusals: ['ORDER_CANCEL_REJECTED', 'ORDER_REPLACE_REJECTED'],
})

export const since: Since<typeof orderDeclaration> = {
  7: ['instrument', 'strategy', 'clOrdId', 'venueOrderId', 'commission', 'commissionAsset'],
  8: [
    'ORDER_ADOPTED.cause',
    'ORDER_DISCREPANCY.reportedType',
    'ORDER_DISCREPANCY.reportedPrice',
    'ORDER_DISCREPANCY.reportedStopPx',
  ],
}

/** The events that may come from outside: commands, and reports of venues. */
export const orderEvents = orderDeclaration.events
export type OrderEvent = Accepted<typeof orderDeclaration> | Settled

/** An order sends this to itself when the fills that its venue has counted should have come. */
export interface Settled {
  readonly type: 'SETTLED'
  readonly at: number
}
