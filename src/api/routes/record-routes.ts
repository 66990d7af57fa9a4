/** `GET /records/{seq}`: a record with links to its cause and its effects. `GET /records/{seq}/why` explains it. */

import { OutcryError } from '../../../store/index.ts'
import type { ReadOptions } from '../../../store/store.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { RecordLink } from '../contract/record.ts'
import type { AnswerOf } from '../contract/route.ts'
import { PAGE_MAX, routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { signalOf } from './request.ts'

/** Records behind a record that are all searched for its effects. Most effects are in its own turn. */
const NEAR_RECORDS = 10_000
/** Records that are searched in all. Those beyond the near ones are read if they mention the record's correlation. */
const SEARCHED_RECORDS = 200_000

export function recordRoutes(http: Api, supervisor: Supervisor): void {
  http.get(
    pathOf(routes.record),
    { schema: { params: routes.record.params } },
    async ({ params: { seq } }, reply): Promise<AnswerOf<typeof routes.record>> => {
      const range = { inBackground: true, signal: signalOf(reply) }
      const record = (await recordAt(supervisor, seq, range)) ?? unknown(seq, supervisor.seq)
      const cause = record.cause === null ? undefined : await recordAt(supervisor, record.cause, range)
      return {
        record,
        links: linksOf(record),
        cause: cause === undefined ? null : linkOf(cause),
        effects: await effectsOf(supervisor, record, range),
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

function unknown(seq: number, head: number): never {
  throw new OutcryError(
    'RECORD_UNKNOWN',
    `there is no record ${seq}: the log ends at ${head}`,
    'Ask for an earlier one.',
  )
}

function linkOf(record: TransitionRecord): RecordLink {
  const { seq, actor, event, completes } = record
  return { seq, actor, type: event.type, ...(completes !== undefined && { completes }), ...linksOf(record) }
}

function linksOf({ seq, actor }: TransitionRecord): { readonly url: string; readonly actorUrl: string } {
  return { url: `/records/${seq}`, actorUrl: `/actors/${encodeURIComponent(actor)}?seq=${seq}` }
}

/** Returns the records that the record caused, and those that have the final answers to its intents. */
async function effectsOf(
  supervisor: Supervisor,
  { seq, correlation, intents = [] }: TransitionRecord,
  options: ReadOptions,
): Promise<AnswerOf<typeof routes.record>['effects']> {
  const ids = new Set(intents.map(({ id }) => id))
  const near = Math.min(supervisor.seq, seq + NEAR_RECORDS)
  const far = Math.min(supervisor.seq, seq + SEARCHED_RECORDS)
  const records: RecordLink[] = []
  for (const range of [
    { fromSeq: seq + 1, toSeq: near },
    { fromSeq: near + 1, toSeq: far, mentioning: correlation },
  ]) {
    for await (const record of supervisor.read({ ...options, ...range })) {
      const isAnswer = record.completes !== undefined && ids.has(record.completes)
      if (record.cause !== seq && !isAnswer) continue
      records.push(linkOf(record))
      if (records.length === PAGE_MAX) return { records, searchedTo: record.seq }
    }
  }
  return { records, searchedTo: far }
}
