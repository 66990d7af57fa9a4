import type { Group } from '../family.ts'

/** The money at one venue, in the asset of the account unless another is named. */
export interface AccountFigures {
  readonly account: string
  readonly asset: string
  readonly equity: number
  readonly balance: number
  readonly realizedPnl: number
  readonly unrealizedPnl: number
  readonly dailyPnl: number
  /** Fall of the equity from its peak, as a share of the peak. */
  readonly drawdown: number
  readonly openOrders: number
  readonly openPositions: number
}

/** An open position. */
export interface PositionFigures {
  readonly account: string
  /** The symbol; `BTCUSDT:LONG` where the account hedges. */
  readonly symbol: string
  readonly asset: string
  /** Its notional at the last price, below 0 for a short one. */
  readonly exposure: number
  /** Seconds since which no live stop covers all of it, 0 when one does; undefined where nothing watches it. */
  readonly unprotectedSeconds: number | undefined
}

export interface AccountsSource {
  readonly accounts: readonly AccountFigures[]
  readonly positions: readonly PositionFigures[]
}

const LABELS = { account: 'name of the venue that has the account', asset: 'asset that the value is in' }
const POSITION = {
  account: LABELS.account,
  symbol: 'symbol; with `:LONG` or `:SHORT` where the account hedges',
}

const money = (
  name: string,
  help: string,
  read: (of: AccountFigures) => number,
): Group<AccountsSource>['families'][number] => ({
  name: `outcry_account_${name}`,
  help,
  type: 'gauge',
  labels: LABELS,
  read: ({ accounts }) => accounts.map((one) => [one.account, one.asset, read(one)] as const),
})

export const ACCOUNTS: Group<AccountsSource> = {
  name: 'Accounts and positions',
  about:
    'Of a runner, as its actors are. Values are those of the last prices that the account has heard. A position that is closed has no values.',
  families: [
    money('equity', 'Cash and the value of the positions', ({ equity }) => equity),
    money('balance', "Balance of the account's asset", ({ balance }) => balance),
    money(
      'realized_pnl',
      'Realized profit and loss of all positions so far, without commissions and funding',
      ({ realizedPnl }) => realizedPnl,
    ),
    money(
      'unrealized_pnl',
      'Unrealized profit and loss of the open positions',
      ({ unrealizedPnl }) => unrealizedPnl,
    ),
    money('daily_pnl', 'Change of the equity since midnight UTC', ({ dailyPnl }) => dailyPnl),
    {
      name: 'outcry_account_drawdown_ratio',
      help: 'Fall of the equity from its peak, as a share of the peak',
      type: 'gauge',
      labels: { account: LABELS.account },
      read: ({ accounts }) => accounts.map(({ account, drawdown }) => [account, drawdown] as const),
    },
    {
      name: 'outcry_open_orders',
      help: 'Orders that the account has let through and that have not ended',
      type: 'gauge',
      labels: { account: LABELS.account },
      read: ({ accounts }) => accounts.map(({ account, openOrders }) => [account, openOrders] as const),
    },
    {
      name: 'outcry_open_positions',
      help: 'Positions that are not flat',
      type: 'gauge',
      labels: { account: LABELS.account },
      read: ({ accounts }) => accounts.map(({ account, openPositions }) => [account, openPositions] as const),
    },
    {
      name: 'outcry_position_exposure',
      help: 'Notional of an open position at its last price, below 0 for a short one',
      type: 'gauge',
      labels: { ...POSITION, asset: LABELS.asset },
      read: ({ positions }) =>
        positions.map(({ account, symbol, asset, exposure }) => [account, symbol, asset, exposure] as const),
    },
    {
      name: 'outcry_position_unprotected_seconds',
      help: "Time since which no live stop covers all of an open position, by the log's clock; 0 when one does. Absent where the watchdog is disabled",
      type: 'gauge',
      labels: POSITION,
      read: ({ positions }) =>
        positions.flatMap(({ account, symbol, unprotectedSeconds }) =>
          unprotectedSeconds === undefined ? [] : [[account, symbol, unprotectedSeconds] as const],
        ),
    },
  ],
}
