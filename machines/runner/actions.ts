/** The actions of a runner. */

import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import { acts, laterThan } from '../kind/kind.ts'
import { accountAddress } from '../model/addresses.ts'
import { HEARTBEAT_MS, RUNNER, type RunnerTypes, type Timed } from './context.ts'
import { runnerDeclaration, since } from './declaration.ts'

/** Returns the actions of a version. Versions before 6 do not ask strategies. */
export function actionsOf(version: string, asksStrategies: boolean) {
  const { action, emit, tell } = acts(runnerDeclaration, {} as RunnerTypes, laterThan(since, version))
  return {
    /** The machine does not say of a start that it follows a crash before version 8. */
    reportStarted: action(({ event, enqueue }, params?: { readonly crashed: true }) => {
      assertEvent(event, 'STARTED')
      const { at, version, market, heartbeatMs = HEARTBEAT_MS, configured, belonging } = event
      const venues = event.venues.map(({ venue }) => venue)
      enqueue.assign({ venues, startedAt: at, heartbeatMs, configured, ...compact({ belonging }) })
      enqueue(emit({ type: 'SYSTEM_STARTED', at, version, ...params }))
      for (const { venue, strategies } of event.venues)
        enqueue(emit({ type: 'RUNNER_STARTED', at, venue, market, strategies }))
    }),
    reportStopped: action(({ context, event, enqueue }) => {
      assertEvent(event, 'STOPPED')
      const { type: _, ...facts } = event
      const { venues = [], startedAt = event.at } = context
      for (const venue of venues) enqueue(emit({ type: 'RUNNER_STOPPED', at: event.at, venue, startedAt }))
      enqueue(emit({ type: 'SYSTEM_STOPPED', ...facts }))
    }),
    reportError: action(({ context: { warnings, errors }, event, enqueue }) => {
      assertEvent(event, 'REPORT_ERROR')
      const { type: _, ...facts } = event
      enqueue.assign(facts.severity === 'warning' ? { warnings: warnings + 1 } : { errors: errors + 1 })
      enqueue(emit({ type: 'SYSTEM_ERROR', ...facts }))
    }),
    tellLogLevel: action(({ event, enqueue }) => {
      assertEvent(event, 'SET_LOG_LEVEL')
      enqueue(emit({ ...event, type: 'LOG_LEVEL_SET' }))
    }),
    beat: action(({ context, event, enqueue }) => {
      const { at } = event as Timed
      const { venues = [], startedAt = at, warnings, errors, configured } = context
      const strategies = asksStrategies ? Object.keys(configured?.strategies ?? {}) : []
      enqueue.assign({ warnings: 0, errors: 0, ...(asksStrategies && { strategies: [] }) })
      enqueue(emit({ type: 'HEARTBEAT', at, startedAt }))
      enqueue(emit({ type: 'HEALTH_CHECK', at, status: errors > 0 ? 'degraded' : 'ok', warnings, errors }))
      // The strategies first: their answers are there when the accounts answer.
      for (const address of strategies) enqueue(tell(address, { type: 'STATS_REQUEST', at, owner: RUNNER }))
      for (const venue of venues)
        enqueue(tell(accountAddress(venue), { type: 'STATS_REQUEST', at, owner: RUNNER }))
    }),
    noteStrategy: action(({ context: { strategies = [] }, event, enqueue }) => {
      assertEvent(event, 'STRATEGY_STATS')
      enqueue.assign({ strategies: [...strategies, event] })
    }),
    reportStats: action(({ context, event, enqueue }) => {
      assertEvent(event, 'STATS')
      const strategies = workAt(event.venue, context)
      enqueue(emit({ ...event, type: 'STATS_UPDATE', strategies }))
    }),
  }
}

/** Returns the work of the strategies at a venue. */
function workAt(venue: string, { strategies = [] }: RunnerTypes['context']) {
  return strategies
    .filter((one) => one.venue === venue)
    .map(({ strategy, ticks, actions, errors }) => {
      const errorRate = actions === 0 ? 0 : errors / actions
      return { strategy, ticks, actions, errors, errorRate }
    })
}
