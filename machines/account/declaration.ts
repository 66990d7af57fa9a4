/** The events that an account accepts, emits and sends. */
import {
  acknowledgeReview,
  balanceChanged,
  cashFlowReport,
  circuitBreakerReset,
  circuitBreakerTriggered,
  entrySkipped,
  limitBreached,
  manualIntervention,
  manualReviewAcknowledged,
  manualReviewRequired,
  portfolioValue,
  requireReview,
  riskApproved,
  riskFlag,
  riskRejected,
  setTradingState,
  settingFailed,
  settingUpdated,
  stats,
  statsRequest,
  tradingAuthorized,
  tradingBlocked,
  updateLimits,
} from '../events/account.ts'
import { candleClose, mark } from '../events/candle.ts'
import {
  accountFlattened,
  accountNotFlat,
  cancelAll,
  closeRequest,
  exitHolders,
  flatten,
  positionNotClosed,
} from '../events/closing.ts'
import { configure } from '../events/configure.ts'
import { fill, fillBust, fillCorrected, orderClosed, orderUpdate } from '../events/fill.ts'
import { reportLost } from '../events/order.ts'
import {
  cancel,
  deny,
  orderRequest,
  replace,
  replaceRequest,
  requestRefused,
  submit,
} from '../events/order-requests.ts'
import { fundingPaid, positionChanged } from '../events/position.ts'
import { portfolio, portfolioRequest } from '../events/reconciliation.ts'
import { type Accepted, declare, type Since } from '../kind/kind.ts'
import { accountSettings } from './account-input.ts'
import { venueNotice, venueNoticed } from './venue-notice.ts'

export const accountDeclaration = declare({
  accepts: [
    orderRequest,
    replaceRequest,
    fill,
    fillBust,
    fillCorrected,
    orderUpdate,
    orderClosed,
    requestRefused,
    positionChanged,
    candleClose,
    mark,
    cashFlowReport,
    reportLost,
    riskFlag,
    requireReview,
    acknowledgeReview,
    configure(accountSettings),
    setTradingState,
    portfolioRequest,
    updateLimits,
    statsRequest,
    cancelAll,
    flatten,
    closeRequest,
    venueNotice,
  ],
  /** The account does not act on it, because a reconciliation finds what was lost. */
  ignores: ['REPORT_LOST'],
  raises: ['LOOK_AGAIN'],
  emits: [
    riskApproved,
    riskRejected,
    entrySkipped,
    tradingBlocked,
    tradingAuthorized,
    limitBreached,
    circuitBreakerTriggered,
    circuitBreakerReset,
    manualReviewRequired,
    manualReviewAcknowledged,
    manualIntervention,
    settingUpdated,
    settingFailed,
    balanceChanged,
    portfolioValue,
    accountFlattened,
    accountNotFlat,
    positionNotClosed,
    venueNoticed,
  ],
  sends: {
    order: [submit, deny, replace, cancel],
    position: [fundingPaid, exitHolders],
    /** Goes to the actors that have asked. */
    '*': [requestRefused, stats, portfolio],
  },
  commands: [
    'ORDER_REQUEST',
    'REPLACE_REQUEST',
    'SET_TRADING_STATE',
    'REQUIRE_REVIEW',
    'ACKNOWLEDGE_REVIEW',
    'UPDATE_LIMITS',
    'CANCEL_ALL',
    'FLATTEN',
  ],
  refusals: ['RISK_REJECTED', 'ENTRY_SKIPPED', 'SETTING_FAILED'],
})

export const since: Since<typeof accountDeclaration> = {
  7: [
    'instrument',
    'RISK_APPROVED.strategy',
    'RISK_REJECTED.strategy',
    'ENTRY_SKIPPED.strategy',
    'MANUAL_INTERVENTION.strategy',
  ],
  8: ['ACCOUNT_FLATTENED.type', 'ACCOUNT_NOT_FLAT.type', 'POSITION_NOT_CLOSED.type'],
  9: ['VENUE_NOTICED.type'],
}

export const accountEvents = accountDeclaration.events
export type AccountEvent = Accepted<typeof accountDeclaration>
