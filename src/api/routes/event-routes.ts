import { type EventEnvelope, envelopesOf } from '../../runtime/events/envelope.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { PAGE_MAX, routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { ANSWER_MAX } from './answer-list.ts'
import { signalOf } from './request.ts'

/** Events in an answer when the request gives neither `tail` nor `since`. */
const TAIL = 50
/** Most records searched backwards for events that match. */
const SCAN_MAX = 200_000

export function eventRoutes(http: Api, supervisor: Supervisor): void {
  http.get(
    pathOf(routes.events),
    { schema: { querystring: routes.events.query } },
    async (request, reply) => {
      const { tail, since = 0, from, to, type, actor } = request.query
      // The type may be in lower case, too: people write it so, and another program's machine may emit it so.
      const upper = type?.toUpperCase()
      const wanted = (envelope: EventEnvelope) =>
        (type === undefined || envelope.type === type || envelope.type === upper) &&
        (actor === undefined || envelope.actor === actor)
      const reverse = request.query.since === undefined && from === undefined
      const max = tail ?? (reverse ? TAIL : PAGE_MAX)
      const found: string[] = []
      let size = 0
      const head = supervisor.seq
      const end = to === undefined ? head : Math.min(head, await supervisor.seqAt(to))
      const start = from === undefined ? since : Math.max(since, await supervisor.seqAt(before(from)))
      const fromSeq = reverse ? Math.max(1, end - SCAN_MAX + 1) : start + 1
      const toSeq = reverse ? end : Math.min(end, start + SCAN_MAX)
      const mentioning = type !== undefined && type === upper ? type : actor
      // Up to here the log was searched: backwards or forwards.
      let searchedFrom = fromSeq
      let seq = Math.max(toSeq, start)
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
        // All events of a record are in one answer, because `next` lies behind them.
        if (reverse) searchedFrom = record.seq
        else seq = record.seq
        break
      }
      const events = reverse ? found.slice(0, max).reverse() : found
      const place = reverse ? { searchedFrom } : seq < end ? { next: seq } : {}
      reply.type('application/json; charset=utf-8')
      return `{"events":[${events.join()}],${JSON.stringify({ seq, ...place }).slice(1)}`
    },
  )
}

/** Returns a time just before another one. Records may have fractions of a millisecond. */
function before(at: number): number {
  return at - Math.max(Math.abs(at) * Number.EPSILON, Number.EPSILON)
}
