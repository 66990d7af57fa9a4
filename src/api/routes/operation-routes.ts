/**
 * Routes by which people act on actors, on dead letters and on components, rather than send events. Each leaves a record
 * with the person as `by`, the `reason` and the id of the request. `by` is the name of the sender's token when the body
 * gives none. With an `Idempotency-Key` a request may be sent again, and gets the first answer. A refusal changes nothing.
 */
import type { IncomingMessage } from 'node:http'
import { compact } from '../../../errors/compact.ts'
import { componentAddress } from '../../../machines/model/addresses.ts'
import { OutcryError } from '../../../store/index.ts'
import type { ActOptions } from '../../runtime/actors/signals.ts'
import type { Receipt } from '../../runtime/commit/job.ts'
import type { Logger } from '../../runtime/logger.ts'
import { type Address, DEAD_LETTERS } from '../../runtime/record/address.ts'
import type { AnyEvent } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { keyReused, refusal } from '../../runtime/turn/refusal.ts'
import type { ComponentHealth } from '../contract/answers.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import type { Guard } from '../guard.ts'
import { givenId } from '../request-id.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { turnAt } from './command-answer.ts'

/** The components of a process, for people who act on them. */
export interface ComponentOperations {
  /** Returns the states of the components now. */
  readonly health: () => readonly ComponentHealth[]
  /** Restarts a component. Resolves with the record that says who asked, when the component runs again. */
  readonly restart: (name: string, options: ActOptions) => Promise<Receipt>
}

/** A request to act. */
interface Asked {
  readonly id: string
  readonly raw: IncomingMessage
  readonly headers: { readonly 'idempotency-key'?: string | undefined }
  readonly body?:
    | { readonly by?: string | undefined; readonly reason?: string | undefined }
    | null
    | undefined
}

/** The record that a request leads to: of this actor, with an event of one of these types. */
interface Deed {
  readonly actor: string
  readonly types: readonly string[]
  readonly letter?: number
  /** True when the answer is about the record that follows it. */
  readonly isFollowed?: true
}

export function operationRoutes(
  http: Api,
  supervisor: Supervisor,
  {
    guard,
    logger,
    components,
  }: { guard: Guard; logger: Logger; components?: ComponentOperations | undefined },
): void {
  /** Does what is asked once for its key. @throws KEY_REUSED */
  const once = async (
    { id, raw, headers, body }: Asked,
    deed: Deed,
    act: (options: ActOptions) => Promise<Receipt>,
  ): Promise<Receipt> => {
    const { by: given, reason } = body ?? {}
    const by = guard.signerOf(raw, given)
    const { 'idempotency-key': key } = headers
    const caller = guard.callerOf(raw)?.token?.name
    logger.debug({ requestId: id, caller, by, ...deed }, 'an operation')
    const known = key === undefined ? undefined : supervisor.seqOfKey(key)
    const offset = deed.isFollowed ? 1 : 0
    const receipt =
      known === undefined
        ? await act(compact({ by, reason, key, request: givenId(raw) }))
        : { seq: known + offset, duplicate: true }
    // Another request may have taken the key before this one did, or while it acted.
    if (receipt.duplicate) await expectSame(supervisor, receipt.seq - offset, deed, { by, reason })
    return receipt
  }

  const deeds = {
    release: { types: ['outcry.released'], act: supervisor.release },
    restart: { types: ['outcry.restarted'], act: supervisor.restart },
    stop: { types: ['xstate.stop'], act: supervisor.stopActor },
  } as const
  for (const name of ['release', 'restart', 'stop'] as const) {
    const { params, headers, body } = routes[name]
    const { types, act } = deeds[name]
    http.post(
      pathOf(routes[name]),
      { schema: { params, headers, body } },
      async (request): Promise<AnswerOf<typeof routes.release>> => {
        const { address } = request.params
        const { seq, duplicate } = await once(request, { actor: address, types }, (options) =>
          act.call(supervisor, address, options),
        )
        const state = (await supervisor.view(address))?.value
        return { seq, address, ...compact({ state, duplicate: duplicate || undefined }) }
      },
    )
  }

  const settlings = {
    redeliver: { deed: { types: ['outcry.letterRedelivered'], isFollowed: true }, act: supervisor.redeliver },
    dropLetter: { deed: { types: ['outcry.letterDropped'] }, act: supervisor.dropLetter },
  } as const
  for (const name of ['redeliver', 'dropLetter'] as const) {
    const { params, headers, body } = routes[name]
    const { deed, act } = settlings[name]
    http.post(
      pathOf(routes[name]),
      { schema: { params, headers, body } },
      async (request): Promise<AnswerOf<typeof routes.redeliver>> => {
        const letter = Number(request.params.seq)
        const { seq, duplicate } = await once(request, { actor: DEAD_LETTERS, letter, ...deed }, (options) =>
          act.call(supervisor, letter, options),
        )
        if (duplicate && name === 'redeliver') await expectTaken(supervisor, seq, letter)
        return { seq, letter, ...compact({ duplicate: duplicate || undefined }) }
      },
    )
  }

  const { params, headers, body } = routes.restartComponent
  http.post(
    pathOf(routes.restartComponent),
    { schema: { params, headers, body } },
    async (request): Promise<AnswerOf<typeof routes.restartComponent>> => {
      const { name } = request.params
      const find = () => components?.health().find((one) => one.name === name)
      if (components === undefined || find() === undefined) throw componentUnknown(name, components?.health())
      const deed = { actor: componentAddress(name), types: ['STOP', 'START'] }
      const { seq, duplicate } = await once(request, deed, (options) => components.restart(name, options))
      const { state, reason } = find() as ComponentHealth
      return { name, state, seq, ...compact({ reason, duplicate: duplicate || undefined }) }
    },
  )
}

/** Checks that the record at `seq` came from the same request. @throws KEY_REUSED; ACTOR_FAILED as that request got */
async function expectSame(
  supervisor: Supervisor,
  seq: number,
  { actor, types, letter }: Deed,
  { by, reason }: ActOptions,
): Promise<void> {
  const isSame = (event: AnyEvent) =>
    types.includes(event.type) && event.by === by && event.reason === reason && event.letter === letter
  for (const { actor: of, event } of await turnAt(supervisor, seq)) {
    if (of !== actor) continue
    if (isSame(event)) return
    if (event.type === 'outcry.failed' && isSame(event.event)) throw refusal('failed', actor, event.event)
  }
  throw keyReused(seq)
}

/** Checks that the message of a letter was taken when it was sent again. @throws the refusal that the first request got */
async function expectTaken(supervisor: Supervisor, seq: number, letter: number): Promise<void> {
  const refused = (await turnAt(supervisor, seq)).find(
    ({ event, cause }) => event.type === 'DEAD_LETTER' && cause === letter,
  )
  if (refused === undefined) return
  const { reason, to, event } = refused.event
  throw refusal(reason, to as Address, event)
}

function componentUnknown(name: string, known: readonly ComponentHealth[] | undefined): OutcryError {
  const hint =
    known === undefined
      ? 'The server is of a program with a supervisor of its own.'
      : `There are ${known.map((one) => one.name).join(', ')}.`
  return new OutcryError('COMPONENT_UNKNOWN', `there is no component "${name.slice(0, 80)}" here`, hint)
}
