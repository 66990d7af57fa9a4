/** The events that a strategy accepts, emits and sends. */
import { settingFailed, statsRequest } from '../events/account.ts'
import { candleClose, candleUpdate, subscribe } from '../events/candle.ts'
import { fill, fillBust, fillCorrected } from '../events/fill.ts'
import { exit, listRequest, listUpdate } from '../events/list.ts'
import { requestRefused } from '../events/order-requests.ts'
import {
  actionExecuted,
  entrySignal,
  exitSignal,
  indicatorsCalculated,
  parameterUpdated,
  regimeChanged,
  signalGenerated,
  startStrategy,
  stopStrategy,
  strategyStarted,
  strategyStats,
  strategyStopped,
  tradeCycleCompleted,
  tradeProposed,
  updateParameters,
} from '../events/strategy.ts'
import { declare, type Since } from '../kind/kind.ts'

export const strategyDeclaration = declare({
  accepts: [
    startStrategy,
    stopStrategy,
    candleClose,
    candleUpdate,
    fill,
    fillBust,
    fillCorrected,
    listUpdate,
    requestRefused,
    updateParameters,
    statsRequest,
  ],
  raises: ['ENTRY', 'LEAVE'],
  emits: [
    strategyStarted,
    strategyStopped,
    indicatorsCalculated,
    regimeChanged,
    signalGenerated,
    entrySignal,
    exitSignal,
    tradeProposed,
    actionExecuted,
    tradeCycleCompleted,
    parameterUpdated,
    settingFailed,
  ],
  /** Goes to its symbol, its list, and the runner that asks for its work. */
  sends: { symbol: [subscribe], list: [listRequest, exit], '*': [strategyStats] },
  commands: ['START', 'STOP', 'UPDATE_PARAMETERS'],
  refusals: ['SETTING_FAILED'],
})

/** By the version of the part that is the same for all strategies. */
export const since: Since<typeof strategyDeclaration> = {
  3: ['instrument'],
  4: ['candidates', 'chosen', 'summary'],
  5: [],
}

export const strategyEvents = strategyDeclaration.events
