/** Puts a run together: checks the configuration first, and then starts the components that open the rest. */
import { COMPONENTS } from '../metrics/groups/components.ts'
import type { Logger } from '../runtime/logger.ts'
import { componentsOf } from './components/list.ts'
import type { RunnerConfig } from './config/schema.ts'
import { Lifecycle } from './lifecycle.ts'
import { prepare } from './prepare.ts'
import { Run, type StartOptions } from './run.ts'
import { Runner, type RunningRunner } from './runner.ts'

/**
 * Starts a run and resolves with it. Its log continues where it ended, and its stop closes everything that it opened. A
 * start that fails has closed everything again.
 * @throws RECORDING_UNREADABLE, RECORDING_OLDER, STORE_LOCKED, OTHER_MARKET, OTHER_VENUE, LOG_FOREIGN, VENUE_FOREIGN,
 * VENUE_OPEN_FAILED, PORT_IN_USE, STRATEGIES_UNREADABLE, STRATEGY_INVALID, MODULE_UNNAMED, MACHINE_CHANGED,
 * REPLAY_DIVERGED, ...
 */
export async function startRunner(
  config: RunnerConfig,
  processLogger: Logger,
  options: StartOptions = {},
): Promise<RunningRunner> {
  const run = new Run(await prepare(config, processLogger, options))
  const { records, plan } = run
  const lifecycle = new Lifecycle(componentsOf(run), {
    records,
    logger: plan.logger,
    redact: (text) => plan.redactor.text(text),
  })
  run.health = () => lifecycle.health
  run.metrics.add(COMPONENTS, {
    get components() {
      return lifecycle.figures
    },
  })
  run.restart = (name, options) => lifecycle.restart(name, options)
  const runner = new Runner(run, lifecycle)
  await runner.start()
  return runner
}
