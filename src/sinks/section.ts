/** The sections of a configuration that name sinks. */
import { z } from 'zod'
import type { Issue } from '../../errors/outcry-error.ts'
import { distinct } from '../../machines/model/fields.ts'
import { filter } from '../api/contract/filter.ts'
import { predicateOf } from '../api/feed/filter.ts'
import type { Known } from '../api/feed/known.ts'
import { eventPattern } from '../runtime/events/event-pattern.ts'
import { matches, parsePattern, type Topic } from '../runtime/events/patterns.ts'
import type { SinkEvent } from './event.ts'
import type { Sink } from './sink.ts'

/** The keys that every sink has. */
const common = {
  name: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9-]{0,63}$/,
      'must be 1 to 64 characters of a-z 0-9 -, the first a letter or a digit',
    )
    .optional()
    .describe('The name of the sink. The default is its type. Two sinks of one type need different names.'),
  topics: z
    .array(eventPattern)
    .min(1)
    .default(['events.>'])
    .describe('The events that it gets, as topics of the feed.'),
  filter: filter.optional().meta({
    title: 'filter of the feed',
    description: 'The events that it gets of these, by the keys of a filter of the feed (feed.md).',
  }),
  since: z
    .enum(['start', 'now'])
    .default('start')
    .describe('The place where a new sink begins: with the first event of the log, or with those to come.'),
}

export type SinkConfig = z.infer<z.ZodObject<typeof common>> & { readonly type: string }

/** Returns the schema of the list of sinks. */
export function sinksSection(sinks: readonly Sink[]): z.ZodType<readonly SinkConfig[]> {
  const [first, ...others] = sinks.map(({ name, about, config }) =>
    z.strictObject({ type: z.literal(name).describe(about), ...common, ...config.shape }),
  )
  const one = first === undefined ? z.never() : z.discriminatedUnion('type', [first, ...others])
  return z.array(one as unknown as z.ZodType<SinkConfig>).check(distinct(sinkName, 'name'))
}

export function sinkName({ name, type }: SinkConfig): string {
  return name ?? type
}

/** Returns whether a sink wants an event. */
export function wantedBy({ topics, filter }: SinkConfig): (event: SinkEvent) => boolean {
  const patterns = topics.map((text) => parsePattern(text) as Topic)
  const passes = filter && predicateOf(filter)
  return ({ topic: of, envelope }) =>
    patterns.some((pattern) => matches(pattern, of)) && (passes?.(envelope) ?? true)
}

/** Returns what is wrong with sections whose topics or filter nothing can match, and the nearest that would. */
export function unmatchedIn(sinks: readonly SinkConfig[], known: Known): readonly Issue[] {
  return sinks.flatMap((config, i) => {
    const { topics, filter } = config
    const frame = { op: 'subscribe' as const, id: sinkName(config), topics: [...topics] }
    const ofTopics = known.fault(frame)
    if (ofTopics !== undefined) return [{ field: `sinks.${i}.topics`, rule: ofTopics }]
    const ofFilter = filter && known.fault({ ...frame, filter })
    return ofFilter === undefined ? [] : [{ field: `sinks.${i}.filter`, rule: ofFilter }]
  })
}
