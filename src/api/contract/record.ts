/** A record of the log, and the state of an actor after its records. */
import { z } from 'zod'
import { anyEvent, type Frozen, position, recordTime, rev, seq, stateValue } from './fields.ts'

/** A delayed send that is not due yet. */
export const timer = z.object({
  id: z.string().describe('unique within its actor'),
  dueAt: z.number().describe('epoch milliseconds'),
  target: z.string().optional().describe('address of the receiver; absent when it is the actor itself'),
  stopped: z.literal(true).optional(),
  event: anyEvent,
  seq: position.describe('seq of the record that scheduled it'),
  correlation: z.string(),
})

/** A message to a port. */
export const intent = z.object({
  id: z.string(),
  port: z.string(),
  actor: z.string(),
  event: anyEvent,
  at: recordTime,
  seq: position,
  correlation: z.string(),
})

/**
 * One actor took one event: the unit of the log. Types that begin with `outcry.` are what the runtime did to the actor.
 *
 * @example
 * { seq: 1234, rev: 7, actor: 'order/sim:o-1', at: 1723161255343, event: { type: 'EXECUTION_REPORT', ... },
 *   from: { execution: 'new', request: 'idle' }, to: { execution: 'partiallyFilled', request: 'idle' },
 *   cause: 1233, correlation: 'c-1230', machine: 'order@3', emitted: [{ type: 'ORDER_PARTIAL_FILL', ... }], turn: 901 }
 */
export const transitionRecord = z.object({
  seq,
  rev,
  actor: z.string(),
  at: recordTime,
  event: anyEvent,
  from: stateValue.nullable().describe("state before; null in an actor's first record"),
  to: stateValue.describe('state after'),
  cause: z
    .int()
    .positive()
    .nullable()
    .describe(
      'seq of the record that sent the event; null when it came from outside, or when that record was deleted',
    ),
  correlation: z.string().describe('the same for all that one outside message led to'),
  machine: z.string().describe('`kind@version`'),
  turn: z.int().describe('records of one turn are in the log together, or not at all'),
  emitted: z.array(anyEvent).optional().describe('domain events, in order'),
  sent: z.array(z.string()).optional().describe('addresses that the transition sent to at once'),
  intents: z.array(intent).optional(),
  scheduled: z.array(timer).optional(),
  canceled: z.array(z.string()).optional().describe('ids of timers'),
  timer: z.string().optional().describe('id of the timer that the record consumed'),
  timerSeq: position.optional(),
  found: z.array(z.tuple([z.string(), z.string()])).optional(),
  child: z
    .object({
      path: z.array(z.string()),
      systemId: z.string().optional(),
      syncSnapshot: z.literal(true).optional(),
    })
    .optional(),
  status: z.string().optional().describe('`done`, `error` or `stopped`, in the record that ended the actor'),
  stashed: z.literal(true).optional(),
  unhandled: z
    .literal(true)
    .optional()
    .describe('nothing came of the event: no transition took it, or one that does nothing and stays'),
  origin: z.object({ source: z.string(), position: z.number() }).optional(),
  completes: z.string().optional().describe('id of the intent to which the message is the final answer'),
  key: z.string().optional().describe("the sender's Idempotency-Key"),
  request: z.string().optional().describe("the sender's X-Request-Id"),
})
export type TransitionRecord = Frozen<z.infer<typeof transitionRecord>>

/**
 * A place at which two states differ. `was` is absent where something was added, `is` where something was removed.
 *
 * @example
 * { path: ['context', 'filledQty'], was: '0', is: '0.1' }
 */
export const change = z.object({
  path: z
    .array(z.string())
    .describe('keys of objects and indexes of arrays, from the top down; the first is the part of the state'),
  was: z.unknown().optional(),
  is: z.unknown().optional(),
})
export type Change = Frozen<z.infer<typeof change>>

/** A record with what it changed. */
export const recordInDetail = transitionRecord.extend({
  changed: z
    .array(change)
    .optional()
    .describe(
      'changes of the state, with `detail`: of context, tags, children, timers, status, condition, ...; with `changed`, those at its path',
    ),
  taken: z
    .array(
      z.object({
        source: z.string(),
        targets: z.array(z.string()),
        eventType: z.string(),
        guard: z.string().optional(),
      }),
    )
    .optional()
    .describe(
      'transitions of the statechart, with `detail` or `changed`: ids of its states, and the name of the guard',
    ),
  unread: z
    .looseObject({ message: z.string() })
    .optional()
    .describe('the reason why the states are not known: the machine of that time is not registered'),
})
export type RecordInDetail = Frozen<z.infer<typeof recordInDetail>>

/**
 * A record in the place of a whole one, with the URLs of both.
 *
 * @example
 * { seq: 1234, actor: 'order/sim:o-1', type: 'SUBMIT', url: '/records/1234', actorUrl: '/actors/order%2Fsim%3Ao-1?seq=1234' }
 */
export const recordLink = z.object({
  seq,
  actor: z.string(),
  type: z.string().describe('type of the event that the actor took'),
  completes: z.string().optional().describe('id of the intent to which the event is the final answer'),
  url: z.string().describe('URL of the record on the server'),
  actorUrl: z.string().describe('URL of the actor as it was after the record'),
})
export type RecordLink = Frozen<z.infer<typeof recordLink>>

/** A record, and the records before and after it in its causal chain. */
export const recordWithLinks = z.object({
  record: transitionRecord,
  links: recordLink.pick({ url: true, actorUrl: true }),
  cause: recordLink.nullable().describe('the record that sent the event; null when it came from outside'),
  effects: z.object({
    records: z
      .array(recordLink)
      .describe('the records that it caused, and those that have the final answers to its intents'),
    searchedTo: position.describe(
      'seq of the last record that was searched for them; later ones are not known',
    ),
  }),
})

/**
 * A failure as the log has it.
 *
 * @example
 * { actor: 'emaCross/btc', seq: 512, rev: 40, at: 1723161255343, event: 'CANDLE_CLOSED', message: 'TypeError: ...',
 *   action: 'quarantine', count: 1 }
 */
export const failure = z.object({
  actor: z.string().describe('address of the actor that failed, or that reports the error'),
  seq: position.describe('place of its latest record; `rev` and `at` belong to the same record'),
  rev: position,
  at: recordTime,
  event: z.string().describe('type of the event that the actor failed on, or that reports the error'),
  message: z.string(),
  action: z
    .string()
    .optional()
    .describe("the supervision's action; absent for an error that is only reported"),
  count: z.int().positive().describe('how often the actor failed on such an event with this message'),
})
export type Failure = Frozen<z.infer<typeof failure>>

/** An actor in a list: without its context, its timers and its children. */
export const actorSummary = z.object({
  address: z.string(),
  kind: z.string(),
  machine: z.string().describe('`kind@version`'),
  version: z.string(),
  path: z.array(z.string()).describe('`src` names from the root machine down, for a child'),
  status: z.enum(['active', 'done', 'error', 'stopped']),
  condition: z
    .enum(['restarting', 'quarantined'])
    .optional()
    .describe('present when a condition besides its status keeps it from taking messages'),
  failures: z
    .object({ count: z.int(), lastAt: recordTime })
    .optional()
    .describe('failures since its last release'),
  failure: failure.optional().describe('the last failure; present when the actor is failing'),
  value: stateValue,
  output: z.unknown().optional(),
  error: z.unknown().optional(),
  unread: z
    .object({ code: z.string(), message: z.string() })
    .optional()
    .describe('the reason why the actor cannot be restored: it is shown as in its last record'),
  group: z
    .string()
    .optional()
    .describe('the group that it is in; present where actors are asked for by group or by address'),
  tags: z.array(z.string()),
  rev: position,
  seq: position,
  at: recordTime,
})
export type ActorSummary = Frozen<z.infer<typeof actorSummary>>

/**
 * An actor, now or at a place in its past.
 *
 * @example
 * { address: 'order/sim:o-1', kind: 'order', machine: 'order@3', version: '3', path: [], status: 'active',
 *   value: { execution: 'new', request: 'idle' }, context: { ... }, tags: [], rev: 3, seq: 1234, at: 1723161255343,
 *   children: [], timers: [] }
 */
export const actorView = actorSummary.extend({
  context: z.unknown(),
  children: z.array(z.string()).describe('addresses of its children'),
  timers: z.array(timer),
  read: position.optional().describe('of an actor of the past: number of records that were read for it'),
})
export type ActorView = Frozen<z.infer<typeof actorView>>
