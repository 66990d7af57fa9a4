/** Returns the figures of a run's market, for a scrape. */
import { REFUSAL_REASONS } from '../../adapters/refusals.ts'
import { FETCHES } from '../../adapters/transport/http.ts'
import type { MarketSource } from '../../metrics/groups/market.ts'
import type { Run } from '../run.ts'

const NONE_REFUSED = Object.fromEntries(Object.keys(REFUSAL_REASONS).map((reason) => [reason, 0]))

/** They are read anew each time. */
export function marketFigures({
  plan: { market },
  connections,
}: Pick<Run, 'plan' | 'connections'>): MarketSource {
  return {
    get messages() {
      return market.counts
    },
    get refused() {
      return { ...NONE_REFUSED, ...market.refused }
    },
    get disconnected() {
      return connections.lostCount
    },
    get lastAt() {
      return connections.lastAt
    },
    fetches: FETCHES,
  }
}
