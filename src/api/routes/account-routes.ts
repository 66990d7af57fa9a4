import { compact } from '../../../errors/compact.ts'
import { accountMachine, accountVersion5 } from '../../../machines/account/account.ts'
import { dailyPnl, drawdownPct, performanceAt } from '../../../machines/account/circuit-breaker.ts'
import type { AccountContext } from '../../../machines/account/context.ts'
import { equityOf, leavesQtyOf, unrealizedIn, unrealizedOn } from '../../../machines/account/portfolio.ts'
import { symbolAddress } from '../../../machines/index.ts'
import { markOf, type SymbolContext } from '../../../machines/market/symbol-context.ts'
import { avgPxOf } from '../../../machines/position/books.ts'
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import { logicAt } from '../../runtime/actors/registry.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { signalOf } from './request.ts'

type Account = AnswerOf<typeof routes.accounts>['accounts'][number]

/** `GET /accounts`: each account at the last prices, with its positions and its working orders. */
export function accountRoutes(http: Api, supervisor: Supervisor): void {
  http.get(pathOf(routes.accounts), async (_request, reply): Promise<AnswerOf<typeof routes.accounts>> => {
    const accounts: Account[] = []
    for await (const view of supervisor.actors({ prefix: 'account/', signal: signalOf(reply) })) {
      // Another program's machine may have the same kind name.
      const logic = logicAt(supervisor.registry.kind(view.address), view.version, view.path)
      if (logic === accountMachine || logic === accountVersion5)
        accounts.push(standing(view, (symbol) => markAt(supervisor, symbol)))
    }
    return { accounts }
  })
}

function markAt(supervisor: Supervisor, symbol: string): string | undefined {
  const context = supervisor.getSnapshot(symbol)?.context as SymbolContext | undefined
  return context && markOf(context)
}

/**
 * Returns an account at its markets' present prices. The account itself only values its positions when candles close.
 */
function standing(view: ActorView, markPxOf: (symbol: string) => string | undefined): Account {
  const account = view.context as AccountContext
  const { venue, marketVenue = venue, asset, breaker, review } = account
  const positions: AccountContext['positions'] = Object.fromEntries(
    Object.entries(account.positions).map(([position, held]) => {
      const markPx = markPxOf(symbolAddress(marketVenue, held.symbol)) ?? held.markPx
      return [position, { ...held, markPx }]
    }),
  )
  const marked = { ...account, positions }
  const performance = performanceAt(account, equityOf(marked), view.at)
  return compact({
    address: view.address,
    seq: view.seq,
    at: view.at,
    venue,
    asset,
    tradingState: view.value,
    breaker,
    review,
    equity: performance.equity,
    dailyPnl: dailyPnl(performance),
    drawdownPct: drawdownPct(performance),
    unrealizedPnl: unrealizedIn(marked, asset),
    positions: Object.entries(positions).map(([address, held]) => {
      const { symbol, quantity, markPx, settleAsset } = held
      const figures = { avgPx: avgPxOf(held, held), unrealizedPnl: unrealizedOn(held) }
      return { address, symbol, quantity, markPx, settleAsset, ...figures }
    }),
    orders: Object.entries(account.working).map(([address, works]) => {
      const { symbol, positionSide, side, ordType, price, stopPx, reduceOnly } = works.request
      const leavesQty = leavesQtyOf(works)
      return { address, symbol, positionSide, side, ordType, leavesQty, price, stopPx, reduceOnly }
    }),
  })
}
