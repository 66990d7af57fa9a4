/** Starts the actors of a run, except the strategies: the runner's own, the account, symbols, positions and so on. */

import { named } from '../../runtime/logger.ts'
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
      logger: named(logger, ACTORS),
      suspect,
    })
    await boot.actors()
    run.open({ boot })
  }
  // A port that is in use ends a start before any actor gets a message.
  const needs = [SUPERVISOR, ...(config.server.enabled ? [SERVER] : [])]
  return [{ name: ACTORS, needs, start }]
}
