/** The strategies that are configured, each an actor; those that are configured no more are stopped. */
import { rivalsIn } from '../actors/configured.ts'
import { rememberStrategies } from '../actors/strategies.ts'
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { ACTORS, STRATEGIES } from './names.ts'

export function strategies(run: Run): readonly Component[] {
  const { config, place, strategies: loaded, logger } = run.plan
  const start = async () => {
    const boot = run.get('boot')
    for (const [symbol, rivals] of rivalsIn(config, { ...place, strategies: loaded }))
      logger.warn(
        { component: STRATEGIES },
        `${rivals.join(' and ')} share one position in ${symbol}: one may close what the other opens`,
      )
    rememberStrategies(config.data, loaded)
    await boot.strategies()
  }
  return [{ name: STRATEGIES, needs: [ACTORS], start }]
}
