import type { FastifyInstance } from 'fastify'
import { OutcryError } from '../../../store/index.ts'
import { logicAt } from '../../runtime/actors/registry.ts'
import { parseAddress } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { isMachine } from '../../runtime/xstate/logic.ts'
import { routes } from '../contract/routes.ts'
import { machineDefinition } from '../inspect/machine-definition.ts'
import { AnswerList } from './answer-list.ts'
import { type Standing, withFailure } from './failures.ts'
import { requestOf, signalOf } from './request.ts'

/** What follows `/actors/`: an address, and what is asked of it. */
const TAIL = /^(.+?)(?:\/(history|machine))?$/

export function actorRoutes(http: FastifyInstance, supervisor: Supervisor): void {
  http.get('/actors', async (request, reply) => {
    const signal = signalOf(reply)
    const { kind, limit, ...query } = requestOf(routes.actors.query, request.query)
    if (kind !== undefined) query.prefix = `${kind}/`
    const actors = new AnswerList()
    let last: string | undefined
    let next: string | undefined
    for await (const { context: _, timers: _t, children: _c, ...actor } of supervisor.actors({
      ...query,
      limit: limit + 1,
      signal,
    })) {
      if (actors.length === limit || actors.isFull) {
        next = last
        break
      }
      actors.add(await standingOf(actor, signal))
      last = actor.address
    }
    reply.type('application/json; charset=utf-8')
    return `{"actors":${actors.text()}${next === undefined ? '' : `,"next":${JSON.stringify(next)}`}}`
  })

  http.get<{ Params: { '*': string } }>('/actors/*', async (request, reply) => {
    const signal = signalOf(reply)
    const [, text = '', what] = TAIL.exec(request.params['*']) ?? []
    const address = parseAddress(text)
    if (what === 'history') {
      reply.type('application/json; charset=utf-8')
      return history(address, request.query, signal)
    }
    if (what === 'machine') return machine(address)
    return view(address, request.query, signal)
  })

  const standingOf = <V extends Standing & { readonly address: string }>(actor: V, signal: AbortSignal) =>
    withFailure(actor, supervisor.now, (address, options) =>
      supervisor.history(address, { ...options, signal }),
    )

  const view = async (address: string, raw: unknown, signal: AbortSignal) => {
    const { seq, rev, at } = requestOf(routes.actor.query, raw)
    const to =
      seq !== undefined ? { seq } : rev !== undefined ? { rev } : at !== undefined ? { at } : undefined
    if (to !== undefined) return (await supervisor.stateAt(address, to, { signal })) ?? unknown(address)
    return standingOf((await supervisor.view(address)) ?? unknown(address), signal)
  }

  const history = async (address: string, raw: unknown, signal: AbortSignal) => {
    const { fromRev, toRev, reverse, limit } = requestOf(routes.history.query, raw)
    const range = { ...(fromRev !== undefined && { fromRev }), ...(toRev !== undefined && { toRev }) }
    const records = new AnswerList()
    const options = { ...range, reverse, limit, signal }
    for await (const record of supervisor.history(address, options)) {
      // There is more than fits into an answer: whoever asks goes on from here.
      if (records.isFull) return `{"records":${records.text()},"nextRev":${record.rev}}`
      records.add(record)
    }
    return `{"records":${records.text()}}`
  }

  const machine = async (address: string) => {
    const found = (await supervisor.view(address)) ?? unknown(address)
    const logic = logicAt(supervisor.registry.kind(address), found.version, found.path)
    if (isMachine(logic)) return machineDefinition(logic)
    throw new OutcryError(
      'MACHINE_NONE',
      `${address} runs on no machine`,
      'Promises, callbacks and the like have none.',
    )
  }

  const unknown = (address: string): never => {
    throw new OutcryError('ACTOR_UNKNOWN', `${address} does not exist`, 'See /actors for those there are.')
  }
}
