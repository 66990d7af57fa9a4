import { OutcryError } from '../../../store/index.ts'
import { logicAt } from '../../runtime/actors/registry.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { isMachine } from '../../runtime/xstate/logic.ts'
import type { ActorView } from '../contract/record.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { machineDefinition } from '../inspect/machine-definition.ts'
import { refuseMethod } from '../methods.ts'
import { type Api, isForPost, pathOf } from '../type-provider.ts'
import { type Standing, withFailure } from './failures.ts'
import { signalOf } from './request.ts'

export function actorRoutes(http: Api, supervisor: Supervisor): void {
  const standingOf = <V extends Standing & { readonly address: string }>(actor: V, signal: AbortSignal) =>
    withFailure(actor, supervisor.now, (address, options) =>
      supervisor.history(address, { ...options, signal }),
    )

  http.get(
    pathOf(routes.actor),
    { schema: { params: routes.actor.params, querystring: routes.actor.query } },
    async (request, reply): Promise<ActorView> => {
      const signal = signalOf(reply)
      const { address } = request.params
      const { seq, rev, at } = request.query
      const to =
        seq !== undefined ? { seq } : rev !== undefined ? { rev } : at !== undefined ? { at } : undefined
      if (to !== undefined) {
        let read = 0
        const was = await supervisor.stateAt(address, to, { signal, onRead: () => read++ })
        return { ...(was ?? unknown(address)), read }
      }
      const found = await supervisor.view(address)
      // A child of the actor may have this name, so the path as people write it is known only now.
      if (found === undefined && isForPost(address)) refuseMethod(reply, ['POST'])
      return standingOf(found ?? unknown(address), signal)
    },
  )

  http.get(
    pathOf(routes.machine),
    { schema: { params: routes.machine.params } },
    async ({ params: { address } }): Promise<AnswerOf<typeof routes.machine>> => {
      const found = (await supervisor.view(address)) ?? unknown(address)
      const logic = logicAt(supervisor.registry.kind(address), found.version, found.path)
      if (isMachine(logic)) return machineDefinition(logic)
      throw new OutcryError(
        'MACHINE_NONE',
        `${address} does not run on a machine`,
        'Promises, callbacks and observables have no machine.',
      )
    },
  )

  const unknown = (address: string): never => {
    throw new OutcryError('ACTOR_UNKNOWN', `${address} does not exist`, 'GET /actors lists all actors.')
  }
}
