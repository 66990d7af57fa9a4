/**
 * Checks a program's registration before any actor runs on it. The program may be JavaScript, or have a wrong import.
 */

import { OutcryError } from '../../../errors/outcry-error.ts'
import { EVENT_CLASSES } from '../events/envelope.ts'
import type { Port } from '../port.ts'
import { parseAddress } from '../record/address.ts'
import { isMachine, logicKind, statesOf } from '../xstate/logic.ts'
import type { AnyActorLogic, AnyStateMachine } from '../xstate/types.ts'
import type { Registration } from './kind.ts'
import { backoffFault, STRATEGIES } from './supervision.ts'

type Check = (value: unknown) => string | undefined

const supervision: Check = (value) => {
  const { strategy, backoff = {} } = Object(value)
  if (!STRATEGIES.includes(strategy)) return `must be { strategy }, one of ${STRATEGIES.join(', ')}`
  return strategy === 'restart' ? backoffFault(backoff) : undefined
}
const names: Check = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === 'string')
    ? undefined
    : 'must be a list of texts'
const code: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function')
const schema: Check = (value) =>
  typeof Object(value).safeParse === 'function' ? undefined : 'must be a schema of zod'
const schemas: Check = (value) =>
  Array.isArray(value) && value.every((item) => schema(item) === undefined)
    ? undefined
    : 'must be a list of schemas of zod'
const sends: Check = (value) =>
  Object.values(Object(value)).every((item) => schemas(item) === undefined)
    ? undefined
    : 'must have lists of schemas of zod, by kind'
const classes: Check = (value) =>
  Object.values(Object(value)).every((one) => EVENT_CLASSES.includes(one as never))
    ? undefined
    : `must have ${EVENT_CLASSES.join(' or ')}, by type of event`
const upgrades: Check = (value) => {
  if (!Array.isArray(value)) return 'must be a list'
  const isWrong = ({ from, to }: { from?: unknown; to?: unknown }) =>
    typeof from !== 'string' || typeof to !== 'string'
  return value.some((upgrade) => isWrong(Object(upgrade)))
    ? 'must have from and to, versions as text'
    : undefined
}
const upcasters: Check = (value) => {
  const { events = {}, input, context, ...others } = Object(value)
  const given = [...Object.values(Object(events)), ...[input, context].filter((one) => one !== undefined)]
  return given.every((one) => typeof one === 'function') && Object.keys(others).length === 0
    ? undefined
    : 'must have functions: events by type, input and context'
}
const milliseconds: Check = (value) =>
  Number.isFinite(value) && (value as number) >= 0
    ? undefined
    : 'must be a number of milliseconds, at least 0'
const machines: Check = (value) => (Array.isArray(value) ? undefined : 'must be a list of machines')

const CHECKS: Readonly<Record<Exclude<keyof Registration, 'machine'>, Check>> = {
  supervision,
  childSupervision: supervision,
  events: schema,
  aheadMaxMs: milliseconds,
  commands: names,
  needs: code,
  problems: code,
  refusals: names,
  ignores: names,
  raises: names,
  emits: schemas,
  sends,
  classes,
  activate: code,
  rerun: names,
  keptInQuarantine: names,
  holds: code,
  restartInput: code,
  droppedInQuarantine: names,
  upgrades,
  upcasters,
  previous: machines,
}

/** Returns the registration of a kind. @throws KIND_INVALID with the key and its rule */
export function registrationOf(name: string, entry: unknown): Registration {
  if (isLogic(entry)) {
    if (isMachine(entry)) return { machine: entry }
    const kind = logicKind(entry)
    throw invalid(
      name,
      `is ${kind === 'observable' ? 'an' : 'a'} ${kind}, which cannot be a top actor`,
      `Invoke it from a machine: setup({ actors: { ${name} } }).createMachine({ invoke: { src: '${name}' } }).`,
    )
  }
  if (typeof entry !== 'object' || entry === null) {
    throw invalid(name, `is ${String(entry)}, which is no machine`, 'Give a machine. Check its import.')
  }
  const registration = entry as Registration
  for (const [key, value] of Object.entries(entry)) {
    if (key === 'machine' || value === undefined) continue
    const rule = Object.hasOwn(CHECKS, key)
      ? CHECKS[key as keyof typeof CHECKS](value)
      : `is unknown; there are machine, ${Object.keys(CHECKS).join(', ')}`
    if (rule !== undefined) throw invalid(name, `has a wrong ${key}: it ${rule}`, 'Change the key named.')
  }
  for (const machine of [registration.machine, ...(registration.previous ?? [])]) {
    if (!isLogic(machine) || !isMachine(machine))
      throw invalid(
        name,
        'is no XState 5 machine',
        `Give a machine, or { machine, ... }: { ${name}: createMachine({ ... }) }.`,
      )
  }
  checkRerun(name, registration)
  return registration
}

/** True for the methods that a port must have. */
const PORT_METHODS: Readonly<Record<keyof Port, boolean>> = {
  start: false,
  deliver: true,
  recover: true,
  stop: false,
}

/** Checks the ports. @throws ADDRESS_INVALID, PORT_INVALID with the method that is missing or wrong */
export function checkPorts(ports: Readonly<Record<string, unknown>>): void {
  for (const [name, port] of Object.entries(ports)) {
    const address = parseAddress(`port/${name}`)
    for (const [method, isNeeded] of Object.entries(PORT_METHODS)) {
      const value = Object(port)[method]
      if (typeof value === 'function' || (value === undefined && !isNeeded)) continue
      throw new OutcryError(
        'PORT_INVALID',
        `${address} has ${value === undefined ? 'no' : 'a wrong'} ${method}, which must be a function`,
        'A port is { deliver(intent), recover(intent) }, and may have start and stop.',
      )
    }
  }
}

/** Accepts names of earlier versions, too, because actors may still run on them. */
function checkRerun(name: string, { machine, previous = [], rerun = [] }: Registration): void {
  const known = new Set([machine, ...previous].flatMap((version) => [...actorNames(version)]))
  const unknown = rerun.find((src) => !known.has(src))
  if (unknown === undefined) return
  const hint = known.size === 0 ? 'It has no children.' : `There are ${[...known].join(', ')}.`
  throw invalid(name, `has a wrong rerun: no actor of its machine is called "${unknown}"`, hint)
}

/** Returns the `src` names in a machine and in the machines below it. */
function actorNames(machine: AnyStateMachine, seen = new Set<AnyActorLogic>()): Set<string> {
  if (seen.has(machine)) return new Set()
  seen.add(machine)
  const found = new Set(Object.keys(machine.implementations.actors))
  for (const node of statesOf(machine.root)) for (const { src } of node.invoke) found.add(String(src))
  for (const logic of Object.values(machine.implementations.actors) as AnyActorLogic[])
    if (isLogic(logic) && isMachine(logic)) for (const src of actorNames(logic, seen)) found.add(src)
  return found
}

function isLogic(value: unknown): value is AnyActorLogic {
  const { transition, getInitialSnapshot } = Object(value)
  return typeof transition === 'function' && typeof getInitialSnapshot === 'function'
}

function invalid(name: string, what: string, hint: string): OutcryError {
  return new OutcryError('KIND_INVALID', `the registration of "${name}" ${what}`, hint)
}
