/** The events that a reconciliation accepts, emits and sends. */
import { z } from 'zod'
import { balanceReport, cashFlowReport, positionReport } from '../events/account.ts'
import { configure } from '../events/configure.ts'
import { executionReport } from '../events/order.ts'
import { cancel, verify } from '../events/order-requests.ts'
import {
  adopt,
  portfolio,
  portfolioRequest,
  reconcile,
  reconciliationCompleted,
  reconciliationDifference,
  reconciliationStarted,
  venueState,
  venueStateRequest,
} from '../events/reconciliation.ts'
import { type Accepted, declare } from '../kind/kind.ts'
import { reconciliationRules } from './reconciliation-input.ts'

export const reconciliationDeclaration = declare({
  accepts: [
    reconcile,
    venueState,
    portfolio,
    balanceReport,
    positionReport,
    configure(z.object(reconciliationRules)),
  ],
  emits: [reconciliationStarted, reconciliationDifference, reconciliationCompleted],
  sends: {
    port: [venueStateRequest, portfolioRequest],
    order: [adopt, executionReport, verify, cancel],
    account: [cashFlowReport],
  },
  commands: ['RECONCILE'],
})

export const reconciliationEvents = reconciliationDeclaration.events
export type ReconciliationEvent = Accepted<typeof reconciliationDeclaration>
