/** Feeds market messages to the symbols and to the venues that follow the market. The run ends when the market ends. */
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { MARKET, NEWS, RECONCILIATION, UNIVERSE } from './names.ts'

export function market(run: Run): readonly Component[] {
  const { config } = run.plan
  // All other sources start before the first message, so that all runs on one market are equal.
  const needs = [
    RECONCILIATION,
    ...(config.universe === undefined ? [] : [UNIVERSE]),
    ...(config.news.sources.length === 0 ? [] : [NEWS]),
  ]
  return [
    {
      name: MARKET,
      needs,
      // The start opens nothing. The messages come with `run`, when the log has the starts of all components.
      start: () => {},
      run: () => run.get('driver').run(),
      stop: () => run.opened.driver?.stop(),
      health: () => run.connections.problem,
      endsRun: true,
    },
  ]
}
