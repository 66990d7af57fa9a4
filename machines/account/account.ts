import { setup } from 'xstate'
import { ofAccount } from '../kind/former-names.ts'
import { type Command, versionsSince } from '../kind/kind.ts'
import { idProblem } from '../model/ids.ts'
import { accountInput } from './account-input.ts'
import { actionsOf } from './actions.ts'
import type { AccountTypes } from './context.ts'
import { accountDeclaration, since } from './declaration.ts'
import { excessIn } from './limits.ts'
import type { TradingState } from './risk.ts'
import { trips } from './valuation.ts'

/** Returns the transitions of a state for requests: the gate decides each by the rules of that state. */
function gated(tradingState: TradingState) {
  const decide = { actions: { type: 'decide' as const, params: { tradingState } } }
  return { ORDER_REQUEST: decide, REPLACE_REQUEST: decide }
}

/** The actions that change the value of the account. */
type Valuing = 'value' | 'takeCashFlow'

/** Returns the actions that value the account and trip its breaker. */
function tripped(value: Valuing, tradingState: 'reducing' | 'halted') {
  return [value, { type: 'trip' as const, params: { tradingState } }]
}

function valuing(value: Valuing) {
  return [
    {
      guard: 'tripsToReducing' as const,
      target: '.reducing' as const,
      actions: tripped(value, 'reducing'),
    },
    { guard: 'tripsToHalted' as const, target: '.halted' as const, actions: tripped(value, 'halted') },
    { actions: value },
  ]
}

/** A breaker that trips while the account is halted does not loosen the halt. */
function valuingHalted(value: Valuing) {
  return [{ guard: 'trips' as const, actions: tripped(value, 'halted') }, { actions: value }]
}

const COUNTED = { guard: 'isCounted' } as const

/**
 * Returns the machine of a version. Versions before 6 ignore quotes, those before 8 close nothing by themselves, and before 9 no cash
 * flow is PnL.
 */
const accountOf = (version: string) => {
  const closes = Number(version) >= 8
  const values = Number(version) >= 9
  return setup({
    types: {} as AccountTypes,
    guards: {
      toActive: ({ event }) => event.type === 'SET_TRADING_STATE' && event.tradingState === 'active',
      toReducing: ({ event }) => event.type === 'SET_TRADING_STATE' && event.tradingState === 'reducing',
      isCounted: ({ context, event }) =>
        event.type === 'CASH_FLOW_REPORT' && context.flowIds.includes(event.flowId),
      trips: ({ context, event }) => trips(context, event),
      tripsToReducing: ({ context, event }) => context.limits.breakTo === 'reducing' && trips(context, event),
      tripsToHalted: ({ context, event }) => context.limits.breakTo === 'halted' && trips(context, event),
    },
    actions: actionsOf(version),
  }).createMachine({
    id: 'account',
    version,
    description: 'The money at one venue, and the risk gate that each order passes on its way there.',
    context: ({ input }) => {
      const { venue, marketVenue, asset, balance, limits, instruments, guarded, overfill, positionMode } =
        accountInput.parse(input)
      return {
        venue,
        ...(marketVenue && { marketVenue }),
        asset,
        balances: { [asset]: balance },
        limits,
        instruments,
        guarded,
        overfill,
        positionMode,
        marks: {},
        working: {},
        positions: {},
        passedAt: [],
        replacedAt: [],
        stopLosses: [],
        flags: [],
        flowIds: [],
        equity: balance,
        peakEquity: balance,
        dayAt: 0,
        dayEquity: balance,
        consecutiveLosses: 0,
      }
    },
    initial: 'active',
    on: {
      FILL: { actions: 'takeFill' },
      FILL_BUST: { actions: 'takeFill' },
      FILL_CORRECTED: { actions: 'takeFill' },
      ORDER_UPDATE: { actions: 'takeTerms' },
      ORDER_CLOSED: { actions: 'forgetOrder' },
      REQUEST_REFUSED: { actions: 'takeRefusal' },
      POSITION_CHANGED: valuing('value'),
      CANDLE_CLOSE: valuing('value'),
      ...(version !== '5' && { MARK: valuing('value') }),
      PORTFOLIO_REQUEST: { actions: 'tellPortfolio' },
      CASH_FLOW_REPORT: [
        COUNTED,
        ...(values ? valuing('takeCashFlow') : [{ actions: 'takeCashFlow' as const }]),
      ],
      RISK_FLAG: { actions: 'takeFlag' },
      REQUIRE_REVIEW: { actions: 'requireReview' },
      ACKNOWLEDGE_REVIEW: { actions: 'acknowledgeReview' },
      CONFIGURE: { actions: 'configure' },
      SET_TRADING_STATE: [
        { guard: 'toActive', target: '.active', actions: ['reportIntervention', 'authorize'] },
        { guard: 'toReducing', target: '.reducing', actions: ['reportIntervention', 'block'] },
        { target: '.halted', actions: ['reportIntervention', 'block'] },
      ],
      UPDATE_LIMITS: { actions: 'updateLimits' },
      STATS_REQUEST: { actions: 'tellStats' },
      ...(closes && {
        CANCEL_ALL: { actions: ['reportIntervention' as const, 'cancelAll' as const] },
        FLATTEN: { actions: ['reportIntervention' as const, 'flatten' as const] },
        CLOSE_REQUEST: { actions: 'close' as const },
        LOOK_AGAIN: { actions: 'closeOn' as const },
      }),
      ...(Number(version) >= 9 && { VENUE_NOTICE: { actions: 'reportNotice' as const } }),
    },
    states: {
      active: {
        on: {
          ...gated('active'),
          ...(closes && {
            FLATTEN: {
              target: 'reducing' as const,
              actions: ['reportIntervention' as const, 'block' as const, 'flatten' as const],
            },
          }),
        },
      },
      reducing: {
        description: 'Only orders that make a position smaller pass.',
        on: gated('reducing'),
      },
      halted: {
        description:
          'Only orders that protect a position pass: a stop, or an order of the watchdog if the venue takes no stop.',
        on: {
          ...gated('halted'),
          POSITION_CHANGED: valuingHalted('value'),
          CANDLE_CLOSE: valuingHalted('value'),
          ...(version !== '5' && { MARK: valuingHalted('value') }),
          ...(values && { CASH_FLOW_REPORT: [COUNTED, ...valuingHalted('takeCashFlow')] }),
        },
      },
    },
  })
}

const today = versionsSince('6', since, accountOf)
export const accountMachine = today.machine
export const accountVersion5 = accountOf('5')

export const accountFromVersion5 = {
  from: '5',
  to: '6',
  migrate: (state: { readonly value: unknown; readonly context: unknown }) => state,
}

/** The kind for the registry. */
export const accountKind = {
  ...accountDeclaration,
  machine: accountMachine,
  previous: [...today.previous, accountVersion5],
  upgrades: [accountFromVersion5, ...today.upgrades],
  upcasters: ofAccount,
  holds: () => 'it has the money and the orders of its venue',
  needs: ({ owner }: Command) => ({ owner }),
  problems: ({ type, clOrdId, limits }: Command, venue: string) => {
    if (type === 'UPDATE_LIMITS') return excessIn(limits)
    return type === 'ORDER_REQUEST' ? { clOrdId: idProblem(venue, clOrdId as string) } : {}
  },
}
