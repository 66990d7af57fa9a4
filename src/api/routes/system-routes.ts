import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { compact } from '../../../errors/compact.ts'
import { encodeEntries, type Interruptible, OutcryError, type StoreEntry } from '../../../store/index.ts'
import type { Verification } from '../../runtime/state/verify.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { ComponentHealth } from '../contract/answers.ts'
import { problemOf } from '../contract/problem.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { refuse } from '../errors.ts'
import type { Access } from '../server-fields.ts'
import { missingIn, withoutReasons } from '../state/readiness.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { VERSION } from '../version.ts'
import { signalOf } from './request.ts'
import { answerSlowly } from './slow-answer.ts'

/** The facts that the supervisor does not know. */
export interface Outside {
  /** Returns how many market messages were refused, by reason. */
  readonly refused?: (() => Readonly<Record<string, number>>) | undefined
  /** Yields the content of a backup that is more than the log. */
  readonly folder?: ((options: Interruptible) => AsyncIterable<StoreEntry>) | undefined
  /** Checks the log and the data that belongs to it. */
  readonly verify?: ((options: Interruptible) => Promise<Verification>) | undefined
  /** Returns the state of each part of the process. */
  readonly components?: (() => readonly ComponentHealth[]) | undefined
}

/**
 * `accessOf` returns what the sender of a request may do; undefined when it may read no more than numbers and states.
 */
export function systemRoutes(
  http: Api,
  supervisor: Supervisor,
  { refused, folder, verify, components }: Outside = {},
  accessOf: (request: IncomingMessage) => Access | undefined = () => 'control',
): void {
  http.get(pathOf(routes.health), async ({ raw }, reply) => {
    const fence = supervisor.fence
    const { seq, epoch, residents } = supervisor
    const unsettledIntents = supervisor.unsettledCount
    // Numbers and states alone are returned: this route needs no token and may be called very often.
    const quarantined = supervisor.quarantinedCount
    const facts = { version: VERSION, seq, epoch, residents, unsettledIntents, quarantined }
    const known = components?.()
    const access = accessOf(raw)
    const shown = access !== undefined ? known : known && withoutReasons(known)
    const health = { ...facts, ...compact({ access, refused: refused?.(), components: shown }) }
    if (fence === undefined) {
      const isWell = quarantined === 0 && !known?.some(({ reason }) => reason !== undefined)
      const status = isWell ? 'ok' : 'degraded'
      return { status, ...health } satisfies AnswerOf<typeof routes.health>
    }
    return refuse(reply, { ...health, ...problemOf(fence, 'STORE_FENCED') })
  })

  http.get(pathOf(routes.ready), async ({ raw }, reply) => {
    const missing = missingIn(supervisor, components?.() ?? [])
    if (missing.length === 0) return { status: 'ready' } satisfies AnswerOf<typeof routes.ready>
    const names = missing.map(({ name }) => name).join(', ')
    const error = new OutcryError(
      'NOT_READY',
      `${missing.length === 1 ? 'this part does' : 'these parts do'} not run: ${names}`,
      'Ask again later. GET /health says how all parts are.',
    )
    const waitsFor = accessOf(raw) === undefined ? withoutReasons(missing) : missing
    const answer = { ...problemOf(error), waitsFor }
    return refuse(reply, answer)
  })

  http.get(
    pathOf(routes.backup),
    { schema: { querystring: routes.backup.query } },
    async ({ query, method }, reply) => {
      reply.type('application/octet-stream')
      // Its content would be made and thrown away.
      if (method === 'HEAD') return reply.send('')
      const options = { signal: signalOf(reply) }
      // The command line of an earlier version knows only the log.
      const entries = query.of === 'folder' && folder ? folder(options) : supervisor.entries(options)
      return reply.send(Readable.from(encodeEntries(entries)))
    },
  )

  // Reads the whole log for the command line while the runner holds the store.
  http.get(pathOf(routes.verify), async (_request, reply) =>
    answerSlowly(reply, (verify ?? ((options) => supervisor.verify(options)))({ signal: signalOf(reply) })),
  )
}
