/** The restarts of a feed that a run can lack for a while. They follow after a source's own retries have failed. */
import type { RestartPolicy } from '../component.ts'
import type { Run } from '../run.ts'

const POLICY: RestartPolicy = { failuresMax: 10, minMs: 1_000, maxMs: 60_000, steadyMs: 600_000 }

/** Returns why a person cannot restart a feed. */
export function fixedIn({ plan }: Run): string | undefined {
  if (plan.market.time !== 'event') return undefined
  return 'the run is in event time, where a restart would come at another moment in each run'
}

/** Returns the policy of a feed. Undefined in event time, where the moment of a restart would differ in each run. */
export function restartPolicy({ plan }: Run): RestartPolicy | undefined {
  return plan.market.time === 'event' ? undefined : POLICY
}
