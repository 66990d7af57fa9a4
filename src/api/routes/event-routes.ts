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
      const { tail, since, type, actor } = request.query
      // The type may be in lower case, too: people write it so, and another program's machine may emit it so.
      const upper = type?.toUpperCase()
      const wanted = (envelope: EventEnvelope) =>
        (type === undefined || envelope.type === type || envelope.type === upper) &&
        (actor === undefined || envelope.actor === actor)
      const reverse = since === undefined
      const max = tail ?? (reverse ? TAIL : PAGE_MAX)
      const found: string[] = []
      let size = 0
      const head = supervisor.seq
      const fromSeq = reverse ? Math.max(1, head - SCAN_MAX + 1) : since + 1
      const toSeq = reverse ? head : Math.min(head, since + SCAN_MAX)
      const mentioning = type !== undefined && type === upper ? type : actor
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
        // All events of a record are in one answer, because `seq`, the next request's `since`, lies behind them.
        if (!reverse) seq = record.seq
        break
      }
      const events = reverse ? found.slice(0, max).reverse() : found
      reply.type('application/json; charset=utf-8')
      return `{"seq":${seq},"events":[${events.join()}]}`
    },
  )
}
