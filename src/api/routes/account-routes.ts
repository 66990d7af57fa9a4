import { compact } from '../../../errors/compact.ts'
import { accountMachine, accountVersion5 } from '../../../machines/account/account.ts'
import type { AccountContext } from '../../../machines/account/context.ts'
import { markOf, type SymbolContext } from '../../../machines/market/symbol-context.ts'
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import { logicAt } from '../../runtime/actors/registry.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { presentLog } from '../state/present.ts'
import { type Account, atMarket, standing } from '../state/standing.ts'
import { stateDocument, statePrefixes } from '../state/state-document.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { signalOf } from './request.ts'

/**
 * `GET /accounts`: each account at the last prices, with its positions and its working orders. `GET /state`: accounts
 * and strategies as one document.
 */
export function accountRoutes(http: Api, supervisor: Supervisor): void {
  http.get(pathOf(routes.accounts), async (_request, reply): Promise<AnswerOf<typeof routes.accounts>> => {
    const accounts: Account[] = []
    for await (const view of supervisor.actors({ prefix: 'account/', signal: signalOf(reply) })) {
      // Another program's machine may have the same kind name.
      const logic = logicAt(supervisor.registry.kind(view.address), view.version, view.path)
      if (logic === accountMachine || logic === accountVersion5) accounts.push(presentOf(view))
    }
    return { accounts }
  })

  const presentOf = (view: ActorView): Account => {
    const account = atMarket(view.context as AccountContext, (market) => markAt(supervisor, market))
    return standing(view, account, view.at)
  }

  http.get(
    pathOf(routes.state),
    { schema: { querystring: routes.state.query } },
    async ({ query }, reply): Promise<AnswerOf<typeof routes.state>> => {
      const signal = signalOf(reply)
      const { seq, at = compact({ seq }), brief } = query
      const isPresent = seq === undefined && query.at === undefined
      const log = isPresent
        ? await presentLog(supervisor, statePrefixes(supervisor.registry), signal)
        : supervisor
      return stateDocument(log, { ...at, brief }, { now: supervisor.now, signal })
    },
  )
}

function markAt(supervisor: Supervisor, symbol: string): string | undefined {
  const context = supervisor.getSnapshot(symbol)?.context as SymbolContext | undefined
  return context && markOf(context)
}
