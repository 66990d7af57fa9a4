/** The frames of the WebSockets `/feed` and `/inspect`. Each frame is one JSON object. */
import { z } from 'zod'
import { EVENT_CLASSES } from '../../runtime/events/envelope.ts'
import { isPattern } from '../../runtime/events/patterns.ts'
import { asked, eventEnvelope, severity } from './envelope.ts'
import { type Frozen, logId, position, recordTime, seq } from './fields.ts'
import { filter } from './filter.ts'
import { transitionRecord } from './record.ts'

/** Most topics of one subscription. */
const TOPICS_MAX = 64
/** Most events that `tail` may ask for. */
const TAIL_MAX = 10_000
/** Most characters of a subscription's id. */
const ID_LENGTH_MAX = 64
const BATCH_MS_MAX = 10_000
const THROTTLE_MS_MAX = 60_000

/** Codes with which the server closes a WebSocket, besides those of RFC 6455. */
export const CLOSE = {
  /** A client sent a text that is not a frame. */
  badFrame: 4400,
  /** The client has not sent the token. */
  unauthorised: 4401,
  /** The client read nothing for too long, or sent too much. The reason has the seq to resume from. */
  tooSlow: 4408,
  /**
   * The client sent no first frame for too long, or that of the feed had no subscription. The reason says which, and the
   * ms.
   */
  idle: 4410,
} as const

const id = z
  .string()
  .min(1)
  .max(ID_LENGTH_MAX)
  .describe('id of the subscription: the client chooses it, and every frame about the subscription has it')

export const subscribeFrame = z
  .strictObject({
    op: z.literal('subscribe'),
    id,
    topics: z
      .array(
        z.string().refine(isPattern, {
          error:
            'no topic: events.{type}.{venue}.{symbol} or transitions.{kind}.{id}; * is one token, > the rest',
        }),
      )
      .min(1)
      .max(TOPICS_MAX)
      .describe(
        '`events.{type}.{venue}.{symbol}` or `transitions.{kind}.{id}`; `*` is one token, `>` the rest',
      ),
    since: z
      .int()
      .nonnegative()
      .optional()
      .describe('seq after which the subscription begins: first from the log, then live'),
    tail: z
      .int()
      .positive()
      .max(TAIL_MAX)
      .optional()
      .describe('number of the last matching publications to send before the live ones'),
    batchMs: z
      .int()
      .nonnegative()
      .max(BATCH_MS_MAX)
      .optional()
      .describe('ms within which publications go as one `batch`; 0 batches those of one delivery'),
    throttleMs: z
      .int()
      .positive()
      .max(THROTTLE_MS_MAX)
      .optional()
      .describe('ms in which at most one high-frequency event of a topic is sent: the latest'),
    conflate: z
      .boolean()
      .optional()
      .describe('whether records of high-frequency events may be conflated, too; default: false'),
    filter: filter.optional().describe('which publications on the topics are wanted; default: all'),
    minSeverity: severity
      .optional()
      .describe('the same as in the filter: events of this severity or a graver one'),
  })
  .meta({
    description: 'Asks for the publications on topics.',
    examples: [
      { op: 'subscribe', id: 's1', topics: ['events.order_filled.sim.*'], since: 0 },
      {
        op: 'subscribe',
        id: 's2',
        topics: ['events.>'],
        filter: { symbol: 'BTCUSDT', not: { kind: 'symbol' } },
        tail: 100,
        batchMs: 0,
      },
    ],
  })
export type SubscribeFrame = z.infer<typeof subscribeFrame>

export const unsubscribeFrame = z.strictObject({ op: z.literal('unsubscribe'), id }).meta({
  description: 'Ends a subscription. What waits for it is not sent any more.',
  examples: [{ op: 'unsubscribe', id: 's1' }],
})

/** A frame that a client of `/feed` may send. */
export const clientFrame = z.discriminatedUnion('op', [subscribeFrame, unsubscribeFrame])
export type ClientFrame = z.infer<typeof clientFrame>

export const helloFrame = z
  .object({
    op: z.literal('hello'),
    version: z.string().describe('version of Outcry'),
    log: logId,
    seq: position.describe('seq of the last record'),
    epoch: z.int().describe('grows with each start on this log'),
  })
  .meta({
    description: 'The first frame of a connection.',
    examples: [{ op: 'hello', version: '0.1.0', log: '7f3a', seq: 1234, epoch: 3 }],
  })

export const subscribedFrame = z.object({ op: z.enum(['subscribed', 'unsubscribed']), id: z.string() }).meta({
  description: 'Says that a subscription begins, or that it has ended.',
  examples: [{ op: 'subscribed', id: 's1' }],
})

export const caughtUpFrame = z
  .object({
    op: z.literal('caughtUp'),
    id: z.string(),
    seq: position,
    tailFrom: seq
      .optional()
      .describe('seq of the oldest record that `tail` looked at; above 1, older publications may match'),
  })
  .meta({
    description:
      'Says that everything up to `seq` has been sent, and so all that the log had when the subscription began. It comes once.',
    examples: [{ op: 'caughtUp', id: 's1', seq: 1234 }],
  })

export const conflatedFrame = z
  .object({
    op: z.literal('conflated'),
    id: z.string(),
    topics: z.record(z.string(), z.int().positive()),
  })
  .meta({
    description:
      'Says how many high-frequency publications were left out, by topic. The latest of each of these topics follows.',
    examples: [{ op: 'conflated', id: 's1', topics: { 'events.market_tick.sim.BTCUSDT': 41 } }],
  })
export type ConflatedFrame = Frozen<z.infer<typeof conflatedFrame>>

export const errorFrame = z
  .object({
    op: z.literal('error'),
    code: z.string(),
    message: z.string(),
    id: z.string().optional().describe('id of the subscription that the error is about'),
  })
  .meta({
    description: 'A refusal, with a code of the errors. The connection goes on, unless a close follows.',
    examples: [
      { op: 'error', code: 'SEQ_UNKNOWN', message: 'since 99 is beyond the log, which ends at 12', id: 's1' },
    ],
  })

/** A frame of the server that is no publication. */
export const serverFrame = z.discriminatedUnion('op', [
  helloFrame,
  subscribedFrame,
  caughtUpFrame,
  conflatedFrame,
  errorFrame,
])
export type ServerFrame = Frozen<z.infer<typeof serverFrame>>

const topic = z.string().describe('topic of the publication, such as `transitions.order.sim:o-1`')

const ofClass = z.enum(EVENT_CLASSES).optional().describe('absent for the standard class')

/** A domain event on its topic. */
export const eventOnTopic = eventEnvelope.extend({ topic, class: ofClass })
export type EventOnTopic = Frozen<z.infer<typeof eventOnTopic>>

/** A record on its topic. */
export const recordOnTopic = z.object({
  topic,
  class: ofClass,
  seq,
  at: recordTime,
  actor: z.string(),
  ...asked,
  record: transitionRecord,
})
export type RecordOnTopic = Frozen<z.infer<typeof recordOnTopic>>

const EVENT_ON_TOPIC = {
  topic: 'events.order_filled.sim.BTCUSDT',
  eventId: 'order/sim:o-1/7/0',
  index: 0,
  type: 'ORDER_FILLED',
  at: 1_723_161_255_343,
  seq: 1_234,
  actor: 'order/sim:o-1',
  correlation: 'c-1230',
  cause: 1_233,
  venue: 'sim',
  symbol: 'BTCUSDT',
  instrument: 'BTC/USDT',
  strategy: null,
  source: 'order@6',
  event: { type: 'ORDER_FILLED', lastPx: '61837.63' },
}
const RECORD_ON_TOPIC = {
  topic: 'transitions.order.sim:o-1',
  seq: 1_234,
  at: 1_723_161_255_343,
  actor: 'order/sim:o-1',
  record: {
    seq: 1_234,
    rev: 7,
    actor: 'order/sim:o-1',
    at: 1_723_161_255_343,
    event: { type: 'EXECUTION_REPORT' },
    from: { execution: 'new', request: 'idle' },
    to: { execution: 'filled', request: 'idle' },
    cause: 1_233,
    correlation: 'c-1230',
    machine: 'order@6',
    turn: 901,
    emitted: [{ type: 'ORDER_FILLED', lastPx: '61837.63' }],
  },
}
const ofSubscription = { op: z.literal('event'), id: z.string() }

export const eventFrame = z
  .union([recordOnTopic.extend(ofSubscription), eventOnTopic.extend(ofSubscription)])
  .meta({
    description: 'One publication: a domain event, or a record of the log.',
    examples: [{ op: 'event', id: 's1', ...EVENT_ON_TOPIC }],
  })
export type EventFrame = Frozen<z.infer<typeof eventFrame>>

export const batchFrame = z
  .object({
    op: z.literal('batch'),
    id: z.string(),
    events: z.array(z.union([recordOnTopic, eventOnTopic])),
  })
  .meta({
    description: 'Publications in order.',
    examples: [{ op: 'batch', id: 's1', events: [RECORD_ON_TOPIC, EVENT_ON_TOPIC] }],
  })
export type BatchFrame = Frozen<z.infer<typeof batchFrame>>

/** A frame that the server of `/feed` may send. */
export const feedFrame = z.union([serverFrame, batchFrame, eventFrame])
export type FeedFrame = ServerFrame | BatchFrame | EventFrame

/** The server speaks the protocol of @statelyai/inspect (inspect-frames.ts). */
export const watchFrame = z
  .strictObject({
    op: z.literal('watch'),
    actors: z.array(z.string().min(1)).max(256).describe('addresses, or their beginnings with `*` behind'),
  })
  .meta({
    description:
      'Names the actors of which a client gets every frame. `order/*` names all whose address begins so.',
    examples: [{ op: 'watch', actors: ['order/*'] }],
  })
