import { assertEvent, enqueueActions, setup } from 'xstate'
import { z } from 'zod'
import { type Stats, type StatsRequest, stats } from '../events/account.ts'
import type { DomainEvents } from '../events/domain.ts'
import {
  type Belonging,
  type Configured,
  type ProcessStarted,
  type ProcessStopped,
  processStarted,
  processStopped,
  type ReportError,
  reportError,
} from '../events/runner.ts'
import { tell } from '../kind/tell.ts'

export const runnerEvents = z.discriminatedUnion('type', [processStarted, processStopped, reportError, stats])

/** There is one in a process. */
export const RUNNER = 'runner/main'

/** Often enough to see that it lives, and nothing beside what a market sends in that time. */
const HEARTBEAT_MS = 60_000

export interface RunnerContext {
  readonly venue?: string
  readonly startedAt?: number
  readonly heartbeatMs: number
  readonly configured?: Configured
  /** Absent in logs of earlier versions until their next start. */
  readonly belonging?: Belonging
  /** Since the last heartbeat. */
  readonly warnings: number
  readonly errors: number
}

export type RunnerInput = Pick<RunnerContext, 'belonging'> | undefined

interface Timed {
  readonly at: number
}

/**
 * On multiples of the interval, so that a stop and a start in between change nothing of when the account is asked: what it is asked is
 * in its log.
 */
function untilHeartbeat(every: number, { at }: Timed): number {
  return every - (at % every)
}

const runnerOf = (version: string, delay: (everyMs: number, event: Timed) => number) =>
  setup({
    types: {} as {
      context: RunnerContext
      input: RunnerInput
      events: ProcessStarted | ProcessStopped | ReportError | Stats
      emitted: DomainEvents<
        | 'RUNNER_STARTED'
        | 'RUNNER_STOPPED'
        | 'SYSTEM_STARTED'
        | 'SYSTEM_STOPPED'
        | 'SYSTEM_ERROR'
        | 'HEARTBEAT'
        | 'HEALTH_CHECK'
        | 'STATS_UPDATE'
      >
    },
    // The event of a timer carries the time, as all events do; XState's types do not know of it.
    delays: { heartbeat: ({ context, event }) => delay(context.heartbeatMs, event as Timed) },
    actions: {
      reportStarted: enqueueActions(({ event, enqueue }) => {
        assertEvent(event, 'STARTED')
        const { at, version, market, venue, strategies } = event
        const { heartbeatMs = HEARTBEAT_MS, configured, belonging } = event
        enqueue.assign({ venue, startedAt: at, heartbeatMs, configured, ...(belonging && { belonging }) })
        enqueue.emit({ type: 'SYSTEM_STARTED', at, version })
        enqueue.emit({ type: 'RUNNER_STARTED', at, venue, market, strategies })
      }),
      reportStopped: enqueueActions(({ context, event, enqueue }) => {
        assertEvent(event, 'STOPPED')
        const { type: _, ...facts } = event
        const { venue = '', startedAt = event.at } = context
        enqueue.emit({ type: 'RUNNER_STOPPED', at: event.at, venue, startedAt })
        enqueue.emit({ type: 'SYSTEM_STOPPED', ...facts })
      }),
      reportError: enqueueActions(({ context: { warnings, errors }, event, enqueue }) => {
        assertEvent(event, 'REPORT_ERROR')
        const { type: _, ...facts } = event
        enqueue.assign(facts.severity === 'warning' ? { warnings: warnings + 1 } : { errors: errors + 1 })
        enqueue.emit({ type: 'SYSTEM_ERROR', ...facts })
      }),
      beat: enqueueActions(({ context, event, enqueue }) => {
        const { at } = event as Timed
        const { venue, startedAt = at, warnings, errors } = context
        enqueue.assign({ warnings: 0, errors: 0 })
        enqueue.emit({ type: 'HEARTBEAT', at, startedAt })
        enqueue.emit({ type: 'HEALTH_CHECK', at, status: errors > 0 ? 'degraded' : 'ok', warnings, errors })
        const request: StatsRequest = { type: 'STATS_REQUEST', at, owner: RUNNER }
        enqueue(tell(`account/${venue}`, request))
      }),
      reportStats: enqueueActions(({ event, enqueue }) => {
        assertEvent(event, 'STATS')
        enqueue.emit({ ...event, type: 'STATS_UPDATE' })
      }),
    },
  }).createMachine({
    id: 'runner',
    version,
    description:
      'Starts and stops of the process, its pulse and its troubles. A start without a stop before it was a crash.',
    context: ({ input }) => ({
      heartbeatMs: HEARTBEAT_MS,
      ...(input?.belonging && { belonging: input.belonging }),
      warnings: 0,
      errors: 0,
    }),
    initial: 'stopped',
    on: { REPORT_ERROR: { actions: 'reportError' }, STATS: { actions: 'reportStats' } },
    states: {
      stopped: { on: { STARTED: { target: 'running', actions: 'reportStarted' } } },
      running: {
        // Its heartbeats go on from before the crash, so that they come when they would have come without it.
        on: {
          STARTED: { actions: 'reportStarted' },
          STOPPED: { target: 'stopped', actions: 'reportStopped' },
        },
        after: { heartbeat: { target: 'running', reenter: true, actions: 'beat' } },
      },
    },
  })

export const runnerMachine = runnerOf('4', untilHeartbeat)
export const runnerVersion3 = runnerOf('3', (everyMs) => everyMs)
