/** Feeds the venue's listing to the universe. */
import { named } from '../../runtime/logger.ts'
import type { Component } from '../component.ts'
import { Listing } from '../feeds/listing.ts'
import type { Run } from '../run.ts'
import { RUNNER, UNIVERSE } from './names.ts'
import { fixedIn, restartPolicy } from './restart.ts'

export function universe(run: Run): readonly Component[] {
  const { universe: config } = run.plan.config
  if (config === undefined) return []
  let listing: Listing | undefined
  return [
    {
      name: UNIVERSE,
      needs: [RUNNER],
      start: async () => {
        listing = new Listing(config, {
          ...run.plan,
          logger: named(run.plan.logger, UNIVERSE),
          supervisor: run.get('supervisor'),
          clock: run.get('clock'),
          beganAt: run.beganAt,
        })
        await listing.start()
      },
      run: async () => listing?.run(),
      stop: () => listing?.stop(),
      health: () => listing?.problem,
      restart: restartPolicy(run),
      fixed: fixedIn(run),
    },
  ]
}
