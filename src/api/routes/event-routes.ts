import { compact } from '../../../errors/compact.ts'
import { type EventEnvelope, envelopesOf } from '../../runtime/events/envelope.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { PAGE_MAX, routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { ANSWER_MAX } from './answer-list.ts'
import { signalOf } from './request.ts'

/** Events in an answer when the request gives neither `tail` nor `since`. */
const TAIL = 50
/** Most of the last events of some types that are found at once through the index. All else is a search, which gives way. */
const SHORT_TAIL_MAX = 100
/** Most records in which events that match are searched. Those of one type are found through an index. */
const SCAN_MAX = 200_000

export function eventRoutes(http: Api, supervisor: Supervisor): void {
  http.get(
    pathOf(routes.events),
    { schema: { querystring: routes.events.query } },
    async (request, reply) => {
      const { firstSeq } = supervisor
      const { tail, since = firstSeq - 1, from, to, type, actor } = request.query
      // The type may be in lower case, too: people write it so, and another program's machine may emit it so.
      const types =
        type === undefined
          ? undefined
          : [...new Set(type.split(',').flatMap((one) => [one, one.toUpperCase()]))]
      const wanted = (envelope: EventEnvelope) =>
        (types === undefined || types.includes(envelope.type)) &&
        (actor === undefined || envelope.actor === actor)
      const reverse = request.query.since === undefined && from === undefined
      const max = tail ?? (reverse ? TAIL : PAGE_MAX)
      const found: string[] = []
      let size = 0
      const head = supervisor.seq
      const end = to === undefined ? head : Math.min(head, await supervisor.seqAt(to))
      const start = from === undefined ? since : Math.max(since, await supervisor.seqAt(before(from)))
      const room = types === undefined ? SCAN_MAX : head
      const fromSeq = reverse ? Math.max(firstSeq, end - room + 1) : start + 1
      const toSeq = reverse ? end : Math.min(end, start + room)
      // Up to here the log was searched: backwards or forwards.
      let searchedFrom = fromSeq
      let seq = Math.max(toSeq, start)
      let left = SCAN_MAX
      const among = compact({ mentioning: actor, emitting: types })
      const isShort = types !== undefined && actor === undefined && reverse && max <= SHORT_TAIL_MAX
      const range = { fromSeq, toSeq, reverse, inBackground: !isShort, signal: signalOf(reply), ...among }
      for await (const record of supervisor.read(range)) {
        const texts = textsOf(record, wanted)
        found.push(...(reverse ? texts.reverse() : texts))
        for (const { length } of texts) size += length
        if (found.length < max && size < ANSWER_MAX && --left > 0) continue
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

function textsOf(record: TransitionRecord, wanted: (envelope: EventEnvelope) => boolean): string[] {
  return envelopesOf(record)
    .filter(wanted)
    .map((envelope) => JSON.stringify(envelope))
}

/** Returns a time just before another one. Records may have fractions of a millisecond. */
function before(at: number): number {
  return at - Math.max(Math.abs(at) * Number.EPSILON, Number.EPSILON)
}
