import type { Configured } from '../../machines/index.ts'
import { Boot, type BootOptions } from '../../src/runner/actors/boot.ts'
import type { RunnerConfig } from '../../src/runner/config/schema.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'

/** Does all steps of a start's actors at once. Returns the configuration that has arrived. */
export async function boot(
  supervisor: Supervisor,
  config: RunnerConfig,
  options: BootOptions,
): Promise<Configured> {
  const boot = new Boot(supervisor, config, options)
  await boot.actors()
  await boot.strategies()
  return boot.arrived()
}
