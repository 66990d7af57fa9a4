/** The options that a program may give to a subscription, and their checks. */
import { z } from 'zod'
import { optionsOf } from '../../../errors/options.ts'
import { OutcryError } from '../../../errors/outcry-error.ts'
import type { EventEnvelope } from '../events/envelope.ts'
import { eventPattern } from '../events/event-pattern.ts'
import { parsePattern, type Topic } from '../events/patterns.ts'
import { TIMEOUT_MAX_MS } from '../time/clock.ts'

/**
 * Takes one event. The next one waits until the result, which may be a promise, is there. A handler fails when it
 * throws, or when its promise is rejected.
 */
export type EventHandler = (envelope: EventEnvelope, context: HandlerContext) => unknown

export interface HandlerContext {
  /** 1 for the first attempt on the event. */
  readonly attempt: number
  /** Ends the subscription after this event. A handler that waited for `unsubscribe` would wait for itself. */
  unsubscribe(): void
}

export interface SubscribeOptions {
  /**
   * Makes the subscription durable: its position is kept in the store under this name. After a restart the subscription
   * goes on with the first event that it has not handled. An event may come twice then, and none is left out.
   */
  readonly name?: string | undefined
  /** The handler gets only the events for which this returns true. */
  readonly filter?: ((envelope: EventEnvelope) => boolean) | undefined
  /**
   * seq behind which the subscription begins, when the store has no position under its name. Default: the present.
   */
  readonly since?: number | undefined
  /** Number of further attempts on an event after the first. Default: 3. `Infinity` never gives up. */
  readonly retries?: number | undefined
  /** Ms between two attempts. Default: 5,000. */
  readonly retryDelayMs?: number | undefined
  /**
   * Takes an event whose last attempt has failed, with the error. Default: the event becomes a dead letter, a record of
   * `system/dead-letters`. That also happens when this fails.
   */
  readonly deadLetter?: ((envelope: EventEnvelope, error: unknown) => unknown) | undefined
}

export interface UnsubscribeOptions {
  /** Removes the position of a durable subscription, too. The next one of its name begins at the present. */
  readonly forget?: boolean | undefined
}

export interface EventSubscription {
  /** Undefined when the subscription is not durable. */
  readonly name: string | undefined
  /** True when the handler gets no more events. */
  readonly closed: boolean
  /**
   * Ends the subscription. Resolves when the handler is idle and the position is kept. Events that wait are left to the
   * next subscription of the name. The handler itself calls `context.unsubscribe` instead.
   */
  unsubscribe(options?: UnsubscribeOptions): Promise<void>
}

/** Checked options. */
export interface Wanted {
  readonly patterns: readonly Topic[]
  readonly handler: EventHandler
  readonly name: string | undefined
  readonly filter: SubscribeOptions['filter']
  readonly since: number | undefined
  readonly retries: number
  readonly retryDelayMs: number
  readonly deadLetter: SubscribeOptions['deadLetter']
}

const RETRIES = 3
const RETRY_DELAY_MS = 5_000
/** Most patterns of one subscription. */
const TOPICS_MAX = 1_000
/** A name is part of a key of the store, and of the dead letters' `to`. */
const NAME = /^[A-Za-z0-9][\w.:@-]{0,127}$/

const callable = <T>() => z.custom<T>((value) => typeof value === 'function', 'must be a function')
const given = z.strictObject({
  topics: z.array(eventPattern).min(1).max(TOPICS_MAX),
  handler: callable<EventHandler>(),
})

const subscribeOptions = z.strictObject({
  name: z
    .string()
    .regex(NAME, 'must be 1 to 128 characters of A-Z a-z 0-9 . : @ _ -, the first a letter or a digit')
    .optional(),
  filter: callable<(envelope: EventEnvelope) => boolean>().optional(),
  since: z.int().nonnegative().optional(),
  retries: z
    .custom<number>(
      (value) => value === Infinity || (Number.isSafeInteger(value) && (value as number) >= 0),
      'must be a whole number, at least 0, or Infinity',
    )
    .optional(),
  retryDelayMs: z.number().nonnegative().max(TIMEOUT_MAX_MS).optional(),
  deadLetter: callable<(envelope: EventEnvelope, error: unknown) => unknown>().optional(),
} satisfies Record<keyof SubscribeOptions, z.ZodType>)

const unsubscribeOptions = z.strictObject({ forget: z.boolean().optional() })

/** @throws OPTION_UNKNOWN, OPTION_INVALID, SEQ_UNKNOWN */
export function wantedOf(topics: unknown, handler: unknown, options: unknown, seq: number): Wanted {
  const list = Array.isArray(topics) ? topics : [topics]
  const { topics: texts, handler: checked } = optionsOf('subscribe', given, { topics: list, handler })
  const { name, filter, since, retries, retryDelayMs, deadLetter } = optionsOf(
    'subscribe',
    subscribeOptions,
    options,
  )
  if (since !== undefined && since > seq)
    throw new OutcryError(
      'SEQ_UNKNOWN',
      `since ${since} is beyond the log, which ends at ${seq}`,
      'Leave it out to begin at the present.',
    )
  return {
    patterns: texts.map((text) => parsePattern(text) as Topic),
    handler: checked,
    name,
    filter,
    since,
    retries: retries ?? RETRIES,
    retryDelayMs: retryDelayMs ?? RETRY_DELAY_MS,
    deadLetter,
  }
}

/** @throws OPTION_UNKNOWN, OPTION_INVALID */
export function unsubscribeOptionsOf(options: unknown): UnsubscribeOptions {
  return optionsOf('unsubscribe', unsubscribeOptions, options)
}
