/** Reads the domain events of a log by type and time. */
import { z } from 'zod'
import { optionsOf } from '../../../errors/options.ts'
import type { Paced, Store } from '../../../store/store.ts'
import type { TransitionRecord } from '../record/record.ts'
import { type EventEnvelope, envelopesOf } from './envelope.ts'

export interface EventHistoryOptions extends Paced {
  /** Type of the wanted events, such as `ORDER_FILLED`. */
  readonly type?: string | undefined
  /** Types of the wanted events. Default: all. */
  readonly types?: readonly string[] | undefined
  /**
   * Epoch ms, inclusive. The events are those of the records from where the log's time first reaches `from` to where it
   * first passes `to`, as with `stateAt`. So an event between them may have an earlier time of its own.
   */
  readonly from?: number | undefined
  readonly to?: number | undefined
  /** First and last seq, inclusive, of the records that emit the events. */
  readonly fromSeq?: number | undefined
  readonly toSeq?: number | undefined
  /** True: the newest come first. Default: false. */
  readonly reverse?: boolean | undefined
  /** Most events. */
  readonly limit?: number | undefined
}

const number = z.custom<number>(
  (value) => typeof value === 'number' && !Number.isNaN(value),
  'must be a number',
)
const options = z
  .strictObject({
    type: z.string().optional(),
    types: z.array(z.string()).optional(),
    from: number.optional(),
    to: number.optional(),
    fromSeq: number.optional(),
    toSeq: number.optional(),
    reverse: z.boolean().optional(),
    limit: number.optional(),
    inBackground: z.boolean().optional(),
    signal: z.instanceof(AbortSignal).optional(),
  } satisfies Record<keyof EventHistoryOptions, z.ZodType>)
  .refine(({ type, types }) => type === undefined || types === undefined, {
    path: ['types'],
    error: 'must be left out beside type',
  })

/** @throws OPTION_UNKNOWN, OPTION_INVALID, READ_ABORTED, STORE_CORRUPT */
export function eventHistory(store: Store<TransitionRecord>, given: unknown): AsyncIterable<EventEnvelope> {
  return eventsIn(store, optionsOf('history', options, given))
}

async function* eventsIn(
  store: Store<TransitionRecord>,
  { type, types = type === undefined ? undefined : [type], from, to, ...options }: EventHistoryOptions,
): AsyncGenerator<EventEnvelope> {
  const { reverse = false, limit = Infinity, signal, inBackground } = options
  const { firstSeq = 1 } = store.cut ?? {}
  const begin =
    from === undefined ? (options.fromSeq ?? firstSeq) : (await store.seqAt(Math.floor(from) - 1)) + 1
  const end = to === undefined ? store.head.seq : await store.seqAt(to)
  const fromSeq = Math.max(begin, options.fromSeq ?? begin)
  const toSeq = Math.min(end, options.toSeq ?? end)
  const wanted = types && new Set(types)
  let left = limit
  if (left <= 0 || toSeq < fromSeq) return
  for await (const record of store.read({ fromSeq, toSeq, reverse, emitting: types, signal, inBackground })) {
    const envelopes = envelopesOf(record)
    for (const envelope of reverse ? envelopes.reverse() : envelopes) {
      if (wanted !== undefined && !wanted.has(envelope.type)) continue
      yield envelope
      if (--left <= 0) return
    }
  }
}
