import { compact } from '../../../errors/compact.ts'
import { issuesText } from '../../../errors/zod-issues.ts'
import { OutcryError } from '../../../store/index.ts'
import type { Kind } from '../../runtime/actors/kind.ts'
import { versionOf } from '../../runtime/actors/registry.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { transitionKey } from '../../runtime/xstate/effect.ts'
import type { AnyStateMachine } from '../../runtime/xstate/types.ts'
import type { AnswerOf } from '../contract/route.ts'
import { routes } from '../contract/routes.ts'
import { activeIn, machineDefinition, transitionsOf } from '../inspect/machine-definition.ts'
import { type Api, pathOf } from '../type-provider.ts'
import { answerSlowly } from './slow-answer.ts'

/** Ms for which the counts of a machine are answered again. */
const FRESH_MS = 10_000

type Coverage = AnswerOf<typeof routes.coverage>

export function machineRoutes(http: Api, supervisor: Supervisor): void {
  /** The counts of each machine, under way or done, by kind and version. */
  const counts = new Map<string, { readonly coverage: Promise<Coverage>; until: number }>()

  http.get(
    pathOf(routes.machineOfKind),
    { schema: { params: routes.machineOfKind.params, querystring: routes.machineOfKind.query } },
    async ({ params, query }): Promise<AnswerOf<typeof routes.machineOfKind>> => {
      const { kind, machine, version, versions } = machineOf(params.kind, query.version)
      return { kind: kind.name, version, versions, chart: machineDefinition(machine) }
    },
  )

  http.get(
    pathOf(routes.coverage),
    { schema: { params: routes.coverage.params, querystring: routes.coverage.query } },
    async ({ params, query }, reply) => {
      const { kind, machine, version } = machineOf(params.kind, query.version)
      const key = `${kind.name}@${version}`
      const known = counts.get(key)
      if (known !== undefined && known.until > performance.now()) return answerSlowly(reply, known.coverage)
      const coverage = count(kind.name, version, machine)
      const one = { coverage, until: Number.POSITIVE_INFINITY }
      counts.set(key, one)
      coverage.then(
        () => {
          one.until = performance.now() + FRESH_MS
        },
        () => counts.delete(key),
      )
      return answerSlowly(reply, coverage)
    },
  )

  /** @throws KIND_UNKNOWN, REQUEST_INVALID */
  function machineOf(
    name: string,
    wanted: string | undefined,
  ): { kind: Kind; machine: AnyStateMachine; version: string; versions: string[] } {
    const kind = supervisor.registry.kind(`${name.replaceAll('/', '%2F')}/`)
    const machines = [kind.machine, ...(kind.previous ?? [])]
    const versions = machines.map(versionOf)
    const version = wanted ?? kind.version
    // A + that a URL does not encode arrives as a space.
    const i = versions.findIndex((one) => one === version || one.replaceAll('+', ' ') === version)
    const [machine, found] = [machines[i], versions[i]]
    if (machine !== undefined && found !== undefined) return { kind, machine, version: found, versions }
    const issues = [{ field: 'version', rule: `must be one of ${versions.join(', ')}` }]
    throw new OutcryError('REQUEST_INVALID', issuesText(issues), 'Change the fields named.', { issues })
  }

  async function count(kind: string, version: string, machine: AnyStateMachine): Promise<Coverage> {
    const { taken, values, isWhole: whole, ...rest } = await supervisor.coverage(kind, version)
    const definition = machineDefinition(machine)
    const found = new Map(taken.map((one) => [transitionKey(one), one]))
    const transitions = new Map(
      transitionsOf(definition).map(({ source, targets, eventType, guard }) => {
        const key = transitionKey(compact({ source, targets, eventType, guard }))
        const counts = { count: 0, actors: 0, ...counted(found.get(key)) }
        return [key, compact({ source, targets: [...targets], eventType, guard, ...counts })]
      }),
    )
    const entered = [...new Set(values.flatMap((value) => activeIn(definition, value)))]
    return { kind, version, ...rest, whole, entered, transitions: [...transitions.values()] }
  }
}

function counted(one: { count: number; actors: number } | undefined): { count?: number; actors?: number } {
  return one === undefined ? {} : { count: one.count, actors: one.actors }
}
