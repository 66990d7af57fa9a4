/** Events of the runner: those it emits, and those that the process sends it. */
import { z } from 'zod'
import { by, durationMs, epochMs, remark } from '../model/fields.ts'
import { accountStats } from './account.ts'
import { base, EXAMPLE, event, ofVenue, settings } from './shape.ts'
import { work } from './strategy.ts'

export const errorSeverity = z.enum(['warning', 'error', 'critical'])

/** The process tells its runner of an error that no record has. */
export const reportError = z.object({
  type: z.literal('REPORT_ERROR'),
  at: epochMs,
  severity: errorSeverity,
  text: z.string(),
  /** The actor, port or source that it happened to. */
  about: z.string().optional(),
})

/**
 * The settings that people may change at run time, as a start configured them. A person's change stays until the configuration
 * changes.
 */
export const configured = z.object({
  /** The limits by venue. */
  limits: z.record(z.string(), settings),
  /** The settings by address. */
  strategies: z.record(z.string(), settings),
})
/** The market and the venues that a log belongs to, for as long as it lives. */
export const belonging = z.object({
  /** Says of other books that they are of the same life: of the venues'. */
  life: z.string(),
  /** The settings that tell one market from another. */
  market: settings,
  /** The settings by name. */
  venues: z.record(z.string(), settings),
})
export const processStarted = z.object({
  type: z.literal('STARTED'),
  at: epochMs,
  /** The version of the package. */
  version: z.string(),
  market: z.string(),
  /** Each with the strategies that trade there. */
  venues: z.array(z.object({ venue: z.string(), strategies: z.array(z.string()) })).min(1),
  heartbeatMs: durationMs.optional(),
  configured: configured.optional(),
  belonging: belonging.optional(),
})
export const processStopped = z.object({
  type: z.literal('STOPPED'),
  at: epochMs,
  reason: z.string(),
  initiator: z.string(),
})

/** The levels of the process's log, the lowest first. */
export const logLevel = z.enum(['debug', 'info', 'warn', 'error', 'silent'])
export type LogLevel = z.infer<typeof logLevel>
/** A part of the process that writes lines of its log. */
export const logComponent = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,79}$/, 'the name of a component, such as server, feed or sink-webhook')

export const setLogLevel = z
  .strictObject({
    type: z.literal('SET_LOG_LEVEL'),
    at: epochMs,
    by: by.describe('The name of the person or program that asks for it.'),
    level: logLevel.describe('The lowest level that is written.'),
    component: logComponent
      .optional()
      .describe('The component whose lines it is for. Without it, it is for those of all components.'),
    reason: remark.optional().describe('A remark for the log.'),
  })
  .describe(
    "Sets the level of the process's log, until the process ends. The next start has the levels of its configuration again.",
  )
  .meta({ examples: [{ type: 'SET_LOG_LEVEL', by: 'ann', level: 'debug', reason: 'the feed is odd' }] })

export const logLevelSet = event(
  'LOG_LEVEL_SET',
  {
    ...base,
    by: z.string(),
    level: logLevel,
    component: z
      .string()
      .optional()
      .describe('The component whose lines it is for. Absent when it is for those of all components.'),
    reason: z.string().optional(),
  },
  { ...EXAMPLE.base, by: 'ann', level: 'debug', reason: 'the feed is odd' },
).describe("The level of the process's log has changed, until the process ends.")

export const systemStarted = event(
  'SYSTEM_STARTED',
  {
    ...base,
    version: z.string().describe('The version of the package.'),
    crashed: z
      .boolean()
      .optional()
      .describe('True when the process before this one ended without a SYSTEM_STOPPED. Absent otherwise.'),
  },
  { ...EXAMPLE.base, version: '0.1.0' },
).describe('The process has started, and has its log.')
export const systemStopped = event(
  'SYSTEM_STOPPED',
  {
    ...base,
    reason: z.string(),
    initiator: z.string(),
  },
  { ...EXAMPLE.base, reason: 'SIGTERM', initiator: 'the system' },
).describe('The process ends in order.')
export const runnerStarted = event(
  'RUNNER_STARTED',
  {
    ...ofVenue,
    market: z.string(),
    strategies: z.array(z.string()),
  },
  { ...EXAMPLE.ofVenue, market: 'sim', strategies: ['btc'] },
).describe('The runner takes market data and trades from now on. There is one of this event for each venue.')
export const runnerStopped = event(
  'RUNNER_STOPPED',
  {
    ...ofVenue,
    startedAt: epochMs.describe('The time of the last start.'),
  },
  { ...EXAMPLE.ofVenue, startedAt: 1_723_160_000_000 },
).describe('The runner takes no more market data. There is one of this event for each venue.')
export const systemError = event(
  'SYSTEM_ERROR',
  {
    ...base,
    severity: errorSeverity,
    text: z.string(),
    about: z
      .string()
      .describe('The actor, port or source that had the error. Absent when it is none of these.')
      .optional(),
  },
  { ...EXAMPLE.base, severity: 'error', text: 'no answer', about: 'port/sim' },
).describe('An error or a warning of the process. `critical` ends the run.')
export const heartbeat = event(
  'HEARTBEAT',
  {
    ...base,
    startedAt: epochMs.describe('The time of the last start of the process.'),
  },
  { ...EXAMPLE.base, startedAt: 1_723_160_000_000 },
).describe('The process runs. One comes every `runner.heartbeatMs`.')
const count = z.number().int()
export const healthCheck = event(
  'HEALTH_CHECK',
  {
    ...base,
    status: z.enum(['ok', 'degraded']),
    warnings: count,
    errors: count,
  },
  { ...EXAMPLE.base, status: 'ok', warnings: 0, errors: 0 },
).describe(
  'The numbers of warnings and errors since the last heartbeat. One comes with each heartbeat. `ok`: there are no errors.',
)
export const statsUpdate = event(
  'STATS_UPDATE',
  {
    ...ofVenue,
    ...accountStats,
    strategies: z
      .array(
        z.object({
          ...work,
          errorRate: z.number().describe('Errors for each action. It is 0 without actions.'),
        }),
      )
      .describe('The strategies of the venue that take messages, and their work so far.'),
  },
  {
    ...EXAMPLE.ofVenue,
    asset: 'USDT',
    balance: '9381.62',
    equity: '10012.5',
    dailyPnl: '12.5',
    drawdownPct: '0.27',
    openOrders: 1,
    openPositions: 1,
    strategies: [{ strategy: 'btc', ticks: 1_200, actions: 8, errors: 1, errorRate: 0.125 }],
  },
).describe('The state of an account and of its strategies. One comes after each heartbeat.')

export type ReportError = z.infer<typeof reportError>
export type Belonging = z.infer<typeof belonging>
export type Configured = z.infer<typeof configured>
export type ProcessStarted = z.infer<typeof processStarted>
export type ProcessStopped = z.infer<typeof processStopped>
