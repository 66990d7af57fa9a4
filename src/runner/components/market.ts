/** What the market says on its way to the symbols and to the venue that follows it. It ends the run when it ends. */
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { MARKET, NEWS, RECONCILIATION, UNIVERSE } from './names.ts'

export function market(run: Run): readonly Component[] {
  const { config } = run.plan
  // Whatever else tells actors of the outside is there before the first message, so that all runs on one market agree.
  const needs = [
    RECONCILIATION,
    ...(config.universe === undefined ? [] : [UNIVERSE]),
    ...(config.news.sources.length === 0 ? [] : [NEWS]),
  ]
  return [
    {
      name: MARKET,
      needs,
      start: () => {},
      run: () => run.get('driver').run(),
      stop: () => run.opened.driver?.stop(),
      endsRun: true,
    },
  ]
}
