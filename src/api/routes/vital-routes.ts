import { compact } from '../../../errors/compact.ts'
import type { SymbolContext } from '../../../machines/market/symbol-context.ts'
import type { Interruptible } from '../../../store/store.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { AnswerOf } from '../contract/route.ts'
import { PAGE_MAX, routes } from '../contract/routes.ts'
import type { Vitals } from '../contract/vitals.ts'
import type { Feed } from '../feed/feed.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { signalOf } from './request.ts'
import type { Verifications } from './verifications.ts'

/** `GET /vitals`: how the runner keeps up. It reads memory, the addresses of symbols and at most one record. */
export function vitalRoutes(
  http: Api,
  supervisor: Supervisor,
  feed: Pick<Feed, 'progress'>,
  verifications: Pick<Verifications, 'last'>,
): void {
  http.get(pathOf(routes.vitals), async (_request, reply): Promise<AnswerOf<typeof routes.vitals>> => {
    const options = { signal: signalOf(reply) }
    const { seq, lastAt, now, epoch, startedAfter, archivedTo, commitLatency } = supervisor
    return compact({
      seq,
      at: lastAt,
      now,
      commits: commitLatency,
      feed: await lagOf(supervisor, feed, options),
      markets: await marketsOf(supervisor, now, options),
      log: compact({ epoch, startedAfter, archivedTo, verified: verifications.last }),
    })
  })
}

async function lagOf(
  supervisor: Supervisor,
  feed: Pick<Feed, 'progress'>,
  options: Interruptible,
): Promise<Vitals['feed']> {
  const { seq, lastAt } = supervisor
  const { clients, keptUpTo } = feed.progress()
  if (keptUpTo >= seq) return { clients, behindRecords: 0, behindMs: 0 }
  let behindMs = 0
  const next = Math.max(supervisor.firstSeq, keptUpTo + 1)
  for await (const { at } of supervisor.read({ fromSeq: next, toSeq: next, ...options }))
    behindMs = Math.max(0, (lastAt ?? at) - at)
  return { clients, behindRecords: seq - keptUpTo, behindMs }
}

/** The fields that the snapshots of machines have. */
interface MachineSnapshot {
  readonly context: unknown
  readonly value: Vitals['markets'][number]['state']
}

async function marketsOf(
  supervisor: Supervisor,
  now: number,
  options: Interruptible,
): Promise<Vitals['markets'][number][]> {
  const markets: Vitals['markets'][number][] = []
  for await (const address of supervisor.addresses({ prefix: 'symbol/', limit: PAGE_MAX, ...options })) {
    const { context, value } = Object(supervisor.getSnapshot(address)) as Partial<MachineSnapshot>
    // Another program's machine may have the same kind name.
    const { lastAt } = Object(context) as Partial<SymbolContext>
    if (value === undefined || typeof lastAt !== 'number') continue
    // A symbol begins with the time 0.
    const age = lastAt === 0 ? {} : { at: lastAt, ageMs: Math.max(0, now - lastAt) }
    markets.push({ address, ...age, state: value })
  }
  return markets
}
