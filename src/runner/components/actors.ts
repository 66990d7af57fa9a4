/** The actors that a run begins with, but for the strategies: the runner's own, the account, symbols, positions and so on. */
import { Boot } from '../actors/boot.ts'
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { ACTORS, SERVER, SUPERVISOR } from './names.ts'

export function actors(run: Run): readonly Component[] {
  const { config, place, strategies, logger } = run.plan
  const start = async () => {
    const at = run.get('clock').now()
    const belonging = run.get('belonging')
    const { suspect } = run
    const boot = new Boot(run.get('supervisor'), config, {
      ...place,
      at,
      belonging,
      strategies,
      logger,
      suspect,
    })
    await boot.actors()
    run.open({ boot })
  }
  // A port that is taken ends a start before it has told anybody anything.
  const needs = [SUPERVISOR, ...(config.server.enabled ? [SERVER] : [])]
  return [{ name: ACTORS, needs, start }]
}
