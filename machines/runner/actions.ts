/** The actions of a runner. */

import { assertEvent } from 'xstate'
import { compact } from '../../errors/compact.ts'
import { acts } from '../kind/kind.ts'
import { accountAddress } from '../model/addresses.ts'
import { HEARTBEAT_MS, RUNNER, type RunnerTypes, type Timed } from './context.ts'
import { runnerDeclaration } from './declaration.ts'

const { action, emit, tell } = acts(runnerDeclaration, {} as RunnerTypes)

export const reportStarted = action(({ event, enqueue }) => {
  assertEvent(event, 'STARTED')
  const { at, version, market, heartbeatMs = HEARTBEAT_MS, configured, belonging } = event
  const venues = event.venues.map(({ venue }) => venue)
  enqueue.assign({ venues, startedAt: at, heartbeatMs, configured, ...compact({ belonging }) })
  enqueue(emit({ type: 'SYSTEM_STARTED', at, version }))
  for (const { venue, strategies } of event.venues)
    enqueue(emit({ type: 'RUNNER_STARTED', at, venue, market, strategies }))
})

export const reportStopped = action(({ context, event, enqueue }) => {
  assertEvent(event, 'STOPPED')
  const { type: _, ...facts } = event
  const { venues = [], startedAt = event.at } = context
  for (const venue of venues) enqueue(emit({ type: 'RUNNER_STOPPED', at: event.at, venue, startedAt }))
  enqueue(emit({ type: 'SYSTEM_STOPPED', ...facts }))
})

export const reportError = action(({ context: { warnings, errors }, event, enqueue }) => {
  assertEvent(event, 'REPORT_ERROR')
  const { type: _, ...facts } = event
  enqueue.assign(facts.severity === 'warning' ? { warnings: warnings + 1 } : { errors: errors + 1 })
  enqueue(emit({ type: 'SYSTEM_ERROR', ...facts }))
})

export const beat = action(({ context, event, enqueue }) => {
  const { at } = event as Timed
  const { venues = [], startedAt = at, warnings, errors } = context
  enqueue.assign({ warnings: 0, errors: 0 })
  enqueue(emit({ type: 'HEARTBEAT', at, startedAt }))
  enqueue(emit({ type: 'HEALTH_CHECK', at, status: errors > 0 ? 'degraded' : 'ok', warnings, errors }))
  for (const venue of venues)
    enqueue(tell(accountAddress(venue), { type: 'STATS_REQUEST', at, owner: RUNNER }))
})

export const reportStats = action(({ event, enqueue }) => {
  assertEvent(event, 'STATS')
  enqueue(emit({ ...event, type: 'STATS_UPDATE' }))
})
