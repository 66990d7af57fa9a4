import { z } from 'zod'
import type { ErrorCode } from '../../../errors/codes.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { EventEnvelope } from './envelope.ts'
import { canMatch, parsePattern } from './topic.ts'

/** Subscriptions of one client, and topics of one subscription. */
const SUBSCRIPTIONS_MAX = 64
export const TOPICS_MAX = 64
/** Events that `tail` may ask for. */
const TAIL_MAX = 10_000

/** Characters of a topic. */
const TOPIC_LENGTH_MAX = 256

const BATCH_MS_MAX = 10_000

const id = z.string().min(1).max(64)

/** What a client may say. */
export const clientFrame = z.discriminatedUnion('op', [
  z.strictObject({
    op: z.literal('subscribe'),
    id,
    topics: z
      .array(
        z.string().refine(isPattern, {
          error:
            'no topic: events.{type}.{venue}.{symbol}, with the type in lower case, or transitions.{kind}.{id}; * is one token, > the rest',
        }),
      )
      .min(1)
      .max(TOPICS_MAX),
    /** Everything after this seq, from the log, then live. */
    since: z.int().nonnegative().optional(),
    /** The last so many that match, then live. */
    tail: z.int().positive().max(TAIL_MAX).optional(),
    /** Events that come within this time go as one `batch`; 0: those that are committed together. */
    batchMs: z.int().nonnegative().max(BATCH_MS_MAX).optional(),
  }),
  z.strictObject({ op: z.literal('unsubscribe'), id }),
])

export type ClientFrame = z.infer<typeof clientFrame>
export type SubscribeFrame = Extract<ClientFrame, { op: 'subscribe' }>

/** What the server says besides events, see publication.ts. */
export type ServerFrame =
  | { readonly op: 'hello'; readonly version: string; readonly seq: number; readonly epoch: number }
  | { readonly op: 'subscribed' | 'unsubscribed'; readonly id: string }
  | { readonly op: 'caughtUp'; readonly id: string; readonly seq: number }
  | { readonly op: 'error'; readonly code: ErrorCode; readonly message: string; readonly id?: string }

/** A domain event in its envelope, or a record where the topic is one of `transitions`. */
export type Content =
  | EventEnvelope
  | (Pick<TransitionRecord, 'seq' | 'at' | 'actor'> & { readonly record: TransitionRecord })
export type OnTopic = { readonly topic: string } & Content

/** `id` is the subscription's. */
export type EventFrame = { readonly op: 'event'; readonly id: string } & OnTopic

export interface BatchFrame {
  readonly op: 'batch'
  readonly id: string
  readonly events: readonly OnTopic[]
}

/** Close codes of our own. */
export const CLOSE = { badFrame: 4400, unauthorised: 4401, tooSlow: 4408 } as const

function isPattern(text: string): boolean {
  if (text.length > TOPIC_LENGTH_MAX) return false
  const pattern = parsePattern(text)
  return pattern !== undefined && canMatch(pattern)
}

/** @throws ZodError, SyntaxError */
export function parseFrame(data: string, subscriptions: number): ClientFrame {
  const frame = clientFrame.parse(JSON.parse(data))
  if (frame.op === 'subscribe' && subscriptions >= SUBSCRIPTIONS_MAX) {
    throw new RangeError(`at most ${SUBSCRIPTIONS_MAX} subscriptions a connection`)
  }
  return frame
}
