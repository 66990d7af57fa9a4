import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { type EventEnvelope, envelopesOf } from '../feed/envelope.ts'
import { ANSWER_MAX } from './answer-list.ts'
import { requestOf, signalOf } from './request.ts'

const EVENTS_MAX = 1_000
/** Records looked back over for events that match. */
const SCAN_MAX = 200_000

const query = z
  .strictObject({
    tail: z.coerce.number().int().positive().max(EVENTS_MAX).optional(),
    since: z.coerce.number().int().nonnegative().optional(),
    type: z.string().optional(),
    actor: z.string().optional(),
  })
  .refine((q) => q.tail === undefined || q.since === undefined, 'give tail or since, not both')

export function eventRoutes(http: FastifyInstance, supervisor: Supervisor): void {
  http.get('/events', async (request, reply) => {
    const { tail, since, type, actor } = requestOf(query, request.query)
    const wanted = (envelope: EventEnvelope) =>
      (type === undefined || envelope.type === type.toUpperCase()) &&
      (actor === undefined || envelope.actor === actor)
    const reverse = since === undefined
    const max = tail ?? (reverse ? 50 : EVENTS_MAX)
    const found: string[] = []
    let size = 0
    const head = supervisor.seq
    const fromSeq = reverse ? Math.max(1, head - SCAN_MAX + 1) : since + 1
    const toSeq = reverse ? head : Math.min(head, since + SCAN_MAX)
    const mentioning = type?.toUpperCase() ?? actor
    let seq = Math.max(toSeq, since ?? 0)
    for await (const record of supervisor.read({
      fromSeq,
      toSeq,
      reverse,
      mentioning,
      inBackground: true,
      signal: signalOf(reply),
    })) {
      const texts = envelopesOf(record)
        .filter(wanted)
        .map((envelope) => JSON.stringify(envelope))
      found.push(...(reverse ? texts.reverse() : texts))
      for (const { length } of texts) size += length
      if (found.length < max && size < ANSWER_MAX) continue
      // All of a record's events are in one answer: `seq`, which is what to ask `since` the next time, is behind it.
      if (!reverse) seq = record.seq
      break
    }
    const events = reverse ? found.slice(0, max).reverse() : found
    reply.type('application/json; charset=utf-8')
    return `{"seq":${seq},"events":[${events.join()}]}`
  })
}
