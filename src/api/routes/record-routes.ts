/** `GET /records/{seq}`: a record with links to its cause and its effects. `GET /records/{seq}/why` explains it. */

import type { Interruptible, ReadOptions } from '../../../store/store.ts'
import { recordUnknown } from '../../runtime/explain/why.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { RecordLink } from '../contract/record.ts'
import type { AnswerOf } from '../contract/route.ts'
import { PAGE_MAX, routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { signalOf } from './request.ts'

/** Records behind a record that are all searched. Those beyond are read if they mention the record's correlation. */
const NEAR_RECORDS = 10_000

export function recordRoutes(http: Api, supervisor: Supervisor): void {
  http.get(
    pathOf(routes.record),
    { schema: { params: routes.record.params, querystring: routes.record.query } },
    async ({ params: { seq }, query: { within } }, reply): Promise<AnswerOf<typeof routes.record>> => {
      const options = { signal: signalOf(reply) }
      const record = await recordAt(supervisor, seq, options)
      if (record === undefined) throw recordUnknown(seq, supervisor.seq)
      const isCauseThere = record.cause !== null && record.cause >= supervisor.firstSeq
      const cause = isCauseThere ? await recordAt(supervisor, record.cause, options) : undefined
      return {
        record,
        links: linksOf(record),
        cause: cause === undefined ? null : linkOf(cause),
        effects: await effectsOf(supervisor, record, within, options),
      }
    },
  )

  http.get(
    pathOf(routes.why),
    { schema: { params: routes.why.params, querystring: routes.why.query } },
    async ({ params: { seq }, query: { depth } }, reply): Promise<AnswerOf<typeof routes.why>> =>
      supervisor.why(seq, { depth, signal: signalOf(reply) }),
  )
}

async function recordAt(
  supervisor: Supervisor,
  seq: number,
  options: ReadOptions,
): Promise<TransitionRecord | undefined> {
  for await (const record of supervisor.read({ ...options, fromSeq: seq, toSeq: seq })) return record
  return undefined
}

function linkOf(record: TransitionRecord): RecordLink {
  const { seq, actor, event, completes } = record
  return { seq, actor, type: event.type, ...(completes !== undefined && { completes }), ...linksOf(record) }
}

function linksOf({ seq, actor }: TransitionRecord): { readonly url: string; readonly actorUrl: string } {
  return { url: `/records/${seq}`, actorUrl: `/actors/${encodeURIComponent(actor)}?seq=${seq}` }
}

/**
 * Returns the records that the record caused, and those that have the final answers to its intents. The actors that
 * wait for effects have most of them. The others are searched `within` a number of records.
 */
async function effectsOf(
  supervisor: Supervisor,
  record: TransitionRecord,
  within: number,
  options: Interruptible,
): Promise<AnswerOf<typeof routes.record>['effects']> {
  const { seq, correlation, intents = [] } = record
  const { effects } = await supervisor.effectsOf(record, { ...options, depth: 1 })
  const found = new Map(effects.map((effect) => [effect.record.seq, effect.record]))
  const ids = new Set(intents.map(({ id }) => id))
  const far = Math.min(supervisor.seq, seq + within)
  const near = Math.min(far, seq + NEAR_RECORDS)
  let searchedTo = far
  for (const range of [
    { fromSeq: seq + 1, toSeq: near },
    { fromSeq: near + 1, toSeq: far, mentioning: correlation },
  ]) {
    if (found.size >= PAGE_MAX) break
    for await (const one of supervisor.read({ ...options, ...range, inBackground: true })) {
      const isAnswer = one.completes !== undefined && ids.has(one.completes)
      if (one.cause !== seq && !isAnswer) continue
      found.set(one.seq, one)
      if (found.size < PAGE_MAX) continue
      searchedTo = one.seq
      break
    }
  }
  const records = [...found.values()].sort((a, b) => a.seq - b.seq).map(linkOf)
  return { records, searchedTo }
}
