/** An account at its markets' prices, as the API shows it. Pure. */
import { compact } from '../../../errors/compact.ts'
import {
  dailyPnl,
  drawdownPct,
  type Performance,
  performanceAt,
} from '../../../machines/account/circuit-breaker.ts'
import type { AccountContext } from '../../../machines/account/context.ts'
import { equityOf, leavesQtyOf, unrealizedIn, unrealizedOn } from '../../../machines/account/portfolio.ts'
import { symbolAddress } from '../../../machines/index.ts'
import { avgPxOf } from '../../../machines/position/books.ts'
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import type { AnswerOf } from '../contract/route.ts'
import type { routes } from '../contract/routes.ts'

export type Account = AnswerOf<typeof routes.accounts>['accounts'][number]

/** Returns the address of the market of a position. */
export function marketOf({ venue, marketVenue = venue }: AccountContext, symbol: string): string {
  return symbolAddress(marketVenue, symbol)
}

/**
 * Returns an account with its positions at the prices of their markets, by address. The account itself only values its
 * positions when candles close.
 */
export function atMarket(
  account: AccountContext,
  markPxOf: (market: string) => string | undefined,
): AccountContext {
  const positions = Object.entries(account.positions).map(([position, held]) => {
    const markPx = markPxOf(marketOf(account, held.symbol)) ?? held.markPx
    return [position, { ...held, markPx }] as const
  })
  return { ...account, positions: Object.fromEntries(positions) }
}

/** Returns the performance of an account, whose positions have the prices at that time. */
export function performanceOf(account: AccountContext, at: number): Performance {
  return performanceAt(account, equityOf(account), at)
}

/** Returns an account as it stands. Its positions have the prices of the time `at`. */
export function standing(
  { address, seq, at: changedAt, value }: Pick<ActorView, 'address' | 'seq' | 'at' | 'value'>,
  account: AccountContext,
  at: number,
): Account {
  const { venue, asset, breaker, review, positions, working } = account
  const performance = performanceOf(account, at)
  return compact({
    address,
    seq,
    at: changedAt,
    venue,
    asset,
    tradingState: value,
    breaker,
    review,
    equity: performance.equity,
    dailyPnl: dailyPnl(performance),
    drawdownPct: drawdownPct(performance),
    unrealizedPnl: unrealizedIn(account, asset),
    positions: Object.entries(positions).map(([address, held]) => {
      const { symbol, quantity, markPx, settleAsset } = held
      const figures = { avgPx: avgPxOf(held, held), unrealizedPnl: unrealizedOn(held) }
      return { address, symbol, quantity, markPx, settleAsset, ...figures }
    }),
    orders: Object.entries(working).map(([address, works]) => {
      const { symbol, positionSide, side, ordType, price, stopPx, reduceOnly } = works.request
      const leavesQty = leavesQtyOf(works)
      return { address, symbol, positionSide, side, ordType, leavesQty, price, stopPx, reduceOnly }
    }),
  })
}
