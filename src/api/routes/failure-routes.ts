import type { Supervisor } from '../../runtime/supervisor.ts'
import type { Failure } from '../contract/record.ts'
import type { AnswerOf } from '../contract/route.ts'
import { FAILURES_MAX, routes } from '../contract/routes.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { endsFailures, failuresOf } from './failures.ts'
import { signalOf } from './request.ts'

/** Records, from the end of the log, that are searched for recent failures. */
export const RECENT_RECORDS = 50_000
/** The types of all records that say that something failed, or that the failures before are over. */
const TOLD_BY = ['outcry.failed', 'outcry.released', 'outcry.restarted', 'SYSTEM_ERROR']

/** A bounded list of failures. Failures of one actor with the same event and message are one entry. */
export class FailureList {
  readonly #byKey = new Map<string, Failure>()
  readonly #max: number

  constructor(max = FAILURES_MAX) {
    this.#max = max
  }

  get size(): number {
    return this.#byKey.size
  }

  add(failure: Failure): void {
    const key = JSON.stringify([failure.actor, failure.event, failure.message])
    const known = this.#byKey.get(key)
    if (known === undefined && this.#byKey.size === this.#max) return
    const latest = known === undefined || known.seq < failure.seq ? failure : known
    this.#byKey.set(key, { ...latest, count: failure.count + (known?.count ?? 0) })
  }

  /** Returns the failures, newest first. */
  list(): Failure[] {
    return [...this.#byKey.values()].sort((a, b) => b.seq - a.seq)
  }
}

/** `GET /failures`: recent failures, or those of one actor. A release ends the failures before it. */
export function failureRoutes(http: Api, supervisor: Supervisor): void {
  const schema = { querystring: routes.failures.query }
  http.get(
    pathOf(routes.failures),
    { schema },
    async (request, reply): Promise<AnswerOf<typeof routes.failures>> => {
      const { actor, limit } = request.query
      const { seq } = supervisor
      const found = new FailureList()
      const released = new Set<string>()
      const range = { reverse: true, limit: RECENT_RECORDS, inBackground: true, signal: signalOf(reply) }
      for await (const record of actor === undefined
        ? supervisor.read({ ...range, mentioning: TOLD_BY })
        : supervisor.history(actor, range)) {
        if (endsFailures(record)) released.add(record.actor)
        if (!released.has(record.actor)) for (const failure of failuresOf(record)) found.add(failure)
        if (found.size >= limit) break
      }
      return { seq, failures: found.list().slice(0, limit) }
    },
  )
}
