/** How a feed that can be done without for a while is started again. A source's own retries come first: this is for what ends them. */
import type { RestartPolicy } from '../component.ts'
import type { Run } from '../run.ts'

const POLICY: RestartPolicy = { failuresMax: 10, minMs: 1_000, maxMs: 60_000, steadyMs: 600_000 }

/** Returns the policy of a feed; undefined in event time, where a restart would come at another moment in each run. */
export function restartPolicy({ plan }: Run): RestartPolicy | undefined {
  return plan.market.time === 'event' ? undefined : POLICY
}
