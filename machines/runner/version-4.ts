/**
 * Replays what logs have of versions 3 and 4, whose runs had one venue. It has no declaration: it is
 * replayed and nothing more, so what it emitted and sent is on record, and nothing of it leaves.
 */
import { assertEvent, enqueueActions, setup } from 'xstate'
import type { DomainEvents } from '../domain.ts'
import type { Stats } from '../events/account.ts'
import type { Belonging, ReportError } from '../events/runner.ts'
import { tell } from '../kind/tell.ts'
import { accountAddress } from '../model/addresses.ts'
import { HEARTBEAT_MS, RUNNER, type RunnerContext, type RunnerInput, type Timed } from './context.ts'

type Settings = Readonly<Record<string, unknown>>

export interface RunnerContext4 extends Omit<RunnerContext, 'venues' | 'configured'> {
  readonly venue?: string
  readonly configured?: { readonly limits: Settings; readonly strategies: Readonly<Record<string, Settings>> }
}

export interface Started4 extends Pick<RunnerContext4, 'configured'> {
  readonly type: 'STARTED'
  readonly at: number
  readonly version: string
  readonly market: string
  readonly venue: string
  readonly strategies: string[]
  readonly heartbeatMs?: number
  readonly belonging?: Belonging
}

/** It had nothing of strategies. */
type StatsUpdate4 = Omit<DomainEvents<'STATS_UPDATE'>, 'strategies'>

export type RunnerEvent4 =
  | Started4
  | { readonly type: 'STOPPED'; readonly at: number; readonly reason: string; readonly initiator: string }
  | ReportError
  | Stats

const machineOf = (version: string, delay: (everyMs: number, event: Timed) => number) =>
  setup({
    types: {} as {
      input: RunnerInput
      context: RunnerContext4
      events: RunnerEvent4
      emitted:
        | DomainEvents<
            | 'RUNNER_STARTED'
            | 'RUNNER_STOPPED'
            | 'SYSTEM_STARTED'
            | 'SYSTEM_STOPPED'
            | 'SYSTEM_ERROR'
            | 'HEARTBEAT'
            | 'HEALTH_CHECK'
          >
        | StatsUpdate4
    },
    actions: {
      reportStarted: enqueueActions(({ event, enqueue }) => {
        assertEvent(event, 'STARTED')
        const { at, version, market, venue, strategies } = event
        const { heartbeatMs = HEARTBEAT_MS, configured, belonging } = event
        enqueue.assign({
          venue,
          startedAt: at,
          heartbeatMs,
          configured: configured as NonNullable<typeof configured>,
          ...(belonging && { belonging }),
        })
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
        enqueue(tell(accountAddress(venue as string), { type: 'STATS_REQUEST', at, owner: RUNNER }))
      }),
      reportStats: enqueueActions(({ event, enqueue }) => {
        assertEvent(event, 'STATS')
        enqueue.emit({ ...event, type: 'STATS_UPDATE' })
      }),
    },
    delays: { heartbeat: ({ context, event }) => delay(context.heartbeatMs, event as Timed) },
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
        on: {
          STARTED: { actions: 'reportStarted' },
          STOPPED: { target: 'stopped', actions: 'reportStopped' },
        },
        after: { heartbeat: { target: 'running', reenter: true, actions: 'beat' } },
      },
    },
  })

/** Each heartbeat came so long after the one before. */
export const runnerVersion3 = machineOf('3', (everyMs) => everyMs)
/** They come on multiples of the interval. */
export const runnerVersion4 = machineOf('4', (everyMs, { at }) => everyMs - (at % everyMs))

/** It had one venue, and its limits were of that. */
export const fromVersion4 = {
  from: '4',
  to: '5',
  migrate: ({ value, context }: { readonly value: unknown; readonly context: unknown }) => {
    const { venue, configured, ...rest } = context as RunnerContext4
    if (venue === undefined) return { value, context: rest }
    const limits = configured && { ...configured, limits: { [venue]: configured.limits } }
    return { value, context: { ...rest, venues: [venue], ...(limits && { configured: limits }) } }
  },
}
