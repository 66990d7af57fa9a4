import { compact } from '../../../errors/compact.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import { changesAt, isSought } from '../../runtime/state/search.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { RecordInDetail } from '../contract/record.ts'
import { routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { AnswerList, answerPage } from './answer-list.ts'
import { detailed } from './detailed.ts'
import { signalOf } from './request.ts'

/** Most records that one request looks at in a search. What passes it behind them is on the next page. */
const LOOKED_MAX = 5_000
/** The same, where each record is replayed. */
const REPLAYED_MAX = 1_000

export function historyRoutes(http: Api, supervisor: Supervisor): void {
  http.get(
    pathOf(routes.history),
    { schema: { params: routes.history.params, querystring: routes.history.query } },
    async (request, reply) => {
      const { address } = request.params
      const { reverse, limit, detail, toSeq, type, text, changed, is, ...query } = request.query
      const signal = signalOf(reply)
      const isReplayed = detail || changed !== undefined
      const isSearch = type.length > 0 || text !== undefined || changed !== undefined
      const lookedMax = !isSearch ? limit : isReplayed ? REPLAYED_MAX : LOOKED_MAX
      const options = { reverse, limit: lookedMax, signal, inBackground: isSearch, ...compact({ toSeq }) }
      const range = { ...rangeOf(query, reverse), ...options }
      const records = new AnswerList<RecordInDetail>()
      const sought = { text, types: type.length === 0 ? undefined : type }
      let last: number | undefined
      let looked = 0
      let read = 0
      let unread = 0
      const onRead = () => read++
      const life: AsyncIterable<RecordInDetail | TransitionRecord> = isReplayed
        ? detailed(supervisor.life(address, { ...range, onRead }))
        : supervisor.history(address, range)
      for await (const record of life) {
        looked++
        last = record.rev
        if (isSought(record, sought)) {
          if (changed === undefined) records.add(record)
          else if ('unread' in record) unread++
          else {
            const found = changesAt(('changed' in record && record.changed) || [], changed, is)
            if (found.length > 0) records.add({ ...record, changed: found })
          }
        }
        if (records.length === limit || records.isFull) break
      }
      const isCut = records.length === limit || records.isFull || looked === lookedMax
      const behind = { ...options, ...rangeOf({ ...query, ...compact({ after: last }) }, reverse), limit: 1 }
      const hasMore = isCut && (await isAny(supervisor.history(address, behind)))
      return answerPage(reply, 'records', records, hasMore ? last : undefined, {
        read: isReplayed ? read : looked,
        ...compact({ unread: unread > 0 ? unread : undefined }),
      })
    },
  )
}

async function isAny(items: AsyncIterable<unknown>): Promise<boolean> {
  for await (const _ of items) return true
  return false
}

/** Returns the revs of a page: those after the last one of the page before, in the order of the list. */
function rangeOf(
  {
    fromRev,
    toRev = Number.MAX_SAFE_INTEGER,
    after,
  }: {
    readonly fromRev?: number | undefined
    readonly toRev?: number | undefined
    readonly after?: number | undefined
  },
  reverse: boolean,
): { fromRev?: number; toRev: number } {
  const begin = compact({ fromRev })
  if (after === undefined) return { ...begin, toRev }
  return reverse
    ? { ...begin, toRev: Math.min(toRev, after - 1) }
    : { fromRev: Math.max(fromRev ?? 1, after + 1), toRev }
}
