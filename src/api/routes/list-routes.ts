/** `GET /actors` and `GET /groups`: the actors of the log, as they are or were, and their numbers. */
import { compact } from '../../../errors/compact.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { ActorSummary } from '../contract/record.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { ActorList, type Listed } from '../state/actor-list.ts'
import { type Counts, type Mark, Outline } from '../state/outline.ts'
import { sortable } from '../state/owners.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { AnswerList, answerPage } from './answer-list.ts'
import { withFailure } from './failures.ts'
import { signalOf } from './request.ts'

/** Most actors that one request looks at. What passes the filter behind them is on the next page. */
const SEARCHED_MAX = 5_000
/** The same for actors of the past, which are replayed. */
const REPLAYED_MAX = 500
/** Most addresses of failed actors in one answer. */
const FAILED_MAX = 200

type Groups = AnswerOf<typeof routes.groups>

export function listRoutes(http: Api, supervisor: Supervisor): void {
  const outline = new Outline(supervisor)
  const closing = new AbortController()
  let keeping: Promise<void> | undefined
  http.addHook('onListen', async () => {
    keeping = outline.keep(closing.signal)
  })
  http.addHook('onClose', async () => {
    closing.abort()
    await keeping
  })

  http.get(
    pathOf(routes.actors),
    { schema: { querystring: routes.actors.query } },
    async (request, reply) => {
      const signal = signalOf(reply)
      const { limit, prefix, after, address, group, by, seq: asked, at, ...filter } = request.query
      const seq = at === undefined ? asked : await supervisor.seqAt(at)
      if (seq === undefined) await supervisor.settled()
      const list = new ActorList(supervisor, outline, { filter, prefix, seq }, { signal })
      const actors = new AnswerList<ActorSummary>()
      const add = async (found: Listed) => {
        const { context: _, timers: _t, children: _c, ...actor } = found
        actors.add(seq === undefined ? await standingOf(actor, signal) : actor)
      }
      let last: string | undefined
      if (group !== undefined) {
        const page = await list.ofGroups(group, by, after, limit)
        let { hasMore } = page
        for (const actor of page.actors) {
          hasMore ||= actors.isFull
          if (actors.isFull) break
          await add(actor)
          last = actor.address
        }
        return answerPage(reply, 'actors', actors, hasMore ? last : undefined)
      }
      const max = seq === undefined ? SEARCHED_MAX : REPLAYED_MAX
      let searched = 0
      let next: string | undefined
      const all = address === undefined ? list.byAddress(after) : list.among(behind(address, after), by)
      for await (const [looked, actor] of all) {
        if (actors.length === limit || actors.isFull || searched === max) {
          next = last
          break
        }
        searched++
        last = looked
        if (actor !== undefined) await add(actor)
      }
      return answerPage(reply, 'actors', actors, next)
    },
  )

  const standingOf = (actor: ActorSummary, signal: AbortSignal) =>
    withFailure(actor, supervisor.now, (address, options) =>
      supervisor.history(address, { ...options, signal }),
    )

  http.get(
    pathOf(routes.groups),
    { schema: { querystring: routes.groups.query } },
    async (request, reply): Promise<Groups> => {
      const options = { signal: signalOf(reply) }
      const { prefix, by: wanted, whole, ...filter } = request.query
      const { seq, lastAt: at = 0 } = supervisor
      const isFiltered = prefix !== '' || Object.values(compact(filter)).length > 0
      const by = (await outline.owners(options)).by(wanted)
      if (isFiltered) {
        const list = new ActorList(supervisor, outline, { filter, prefix }, options)
        return { seq, at, by, groups: sorted(await list.counted(by)), failed: [], unread: 0 }
      }
      const { groups, marks, unread } = await outline.tally(whole, options)
      return { seq, at, by, groups: sorted(groups[by]), failed: failedOf(marks), unread: unread.size }
    },
  )
}

/** Returns the addresses behind one of them. */
function behind(addresses: readonly string[], after: string | undefined): readonly string[] {
  return after === undefined ? addresses : addresses.slice(addresses.indexOf(after) + 1)
}

/** Returns the groups in the order of a list: those with failures first, and the runner last. */
function sorted(groups: ReadonlyMap<string, Counts>): Groups['groups'] {
  const placed = [...groups].map(([name, counts]) => {
    const place = (counts.failed > 0 ? 0 : 2) + (name === 'runner' ? 1 : 0)
    return { key: `${place}${sortable(name)}`, group: { name, ...counts } }
  })
  return placed
    .filter(({ group }) => group.count > 0)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ group }) => group)
}

/** Returns the addresses of what has failed itself, then of what was refused, the latest first. */
function failedOf(marks: ReadonlyMap<string, Mark>): readonly string[] {
  const failed: (Mark & { readonly address: string })[] = []
  for (const [address, mark] of marks) if (mark.isFailed) failed.push({ address, ...mark })
  return failed
    .sort((a, b) => Number(b.isTroubled) - Number(a.isTroubled) || b.seq - a.seq)
    .slice(0, FAILED_MAX)
    .map(({ address }) => address)
}
