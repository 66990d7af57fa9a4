/**
 * Tells the runner's own actor of the start of a run, of its configuration, of errors in the process, and of its end.
 */
import { RUNNER as RUNNER_ACTOR } from '../../../machines/index.ts'
import { VERSION } from '../../api/version.ts'
import { named } from '../../runtime/logger.ts'
import type { Address } from '../../runtime/record/address.ts'
import { traded } from '../actors/configured.ts'
import { quarantinedIn, quarantineText, sendUnlessQuarantined } from '../actors/quarantine.ts'
import type { Component } from '../component.ts'
import { logComponents } from '../log/components.ts'
import type { Run } from '../run.ts'
import { ACTORS, RUNNER, STRATEGIES } from './names.ts'

export function runner(run: Run): readonly Component[] {
  const { config, options, market, place, venues, logger, processLogger } = run.plan
  let hasStarted = false
  const start = async () => {
    const [supervisor, clock, boot] = [run.get('supervisor'), run.get('clock'), run.get('boot')]
    await sendUnlessQuarantined(supervisor, RUNNER_ACTOR, {
      type: 'STARTED',
      at: boot.at,
      version: VERSION,
      market: market.name,
      venues: traded(config, place),
      heartbeatMs: config.runner.heartbeatMs,
      configured: boot.arrived(),
      belonging: run.get('belonging'),
    })
    hasStarted = true
    // Told on top of the run, and not to the log, which has it.
    for (const one of await quarantinedIn(supervisor))
      processLogger.warn({ component: RUNNER, actor: one.address }, quarantineText(one, config.data))
    logger.attach((report) =>
      supervisor.tell(
        RUNNER_ACTOR as Address,
        { type: 'REPORT_ERROR', at: clock.now(), ...report },
        { lane: 'command' },
      ),
    )
    run.records.open({ supervisor, clock, logger: named(logger, RUNNER) })
    // The record comes first, so that nothing is written or kept from the log that the record does not explain.
    supervisor.events$.subscribe(({ actor, event }) => {
      if (actor !== RUNNER_ACTOR || event.type !== 'LOG_LEVEL_SET') return
      const { level, component } = event
      const names = logComponents(config, venues)
      if (component === undefined || names.includes(component)) options.setLogLevel?.(level, component)
      else
        logger.warn({ component: RUNNER }, `no component ${component} writes lines: ${names.join(', ')} do`)
    })
  }
  const stop = async () => {
    if (!hasStarted) return
    const stopped = { type: 'STOPPED', at: run.get('clock').now(), ...run.ending }
    await sendUnlessQuarantined(run.get('supervisor'), RUNNER_ACTOR, stopped)
  }
  return [{ name: RUNNER, needs: [ACTORS, STRATEGIES], start, stop }]
}
