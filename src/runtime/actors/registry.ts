import { OutcryError } from '../../../errors/outcry-error.ts'
import { CLOCK, idOf, kindOf, RESERVED_KINDS, RETENTION } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import { deadLetterMachine } from '../xstate/dead-letters.ts'
import { childLogic, prepareMachine } from '../xstate/logic.ts'
import type { AnyActorLogic, AnyStateMachine } from '../xstate/types.ts'
import { assertXState } from '../xstate/xstate-version.ts'
import type { Kind, Machines, Registration } from './kind.ts'
import { registrationOf } from './registration.ts'
import { DEFAULT_CHILD_SUPERVISION, DEFAULT_SUPERVISION } from './supervision.ts'
import type { Upgrade } from './upgrade.ts'

export class Registry {
  readonly #kinds = new Map<string, Kind>()

  /** Checks and registers the machines. @throws XSTATE_UNSUPPORTED, KIND_INVALID, CHILD_UNKNOWN */
  constructor(machines: Machines) {
    assertXState()
    for (const [name, entry] of Object.entries(machines)) {
      // Kinds are keys of objects everywhere, and `Object.assign` treats this key differently.
      if (RESERVED_KINDS.includes(name) || name === '__proto__' || !/^[\w-]+$/.test(name)) {
        throw new OutcryError(
          'KIND_INVALID',
          `"${name}" cannot be a kind of actor`,
          `Use letters, digits, - and _, and none of ${RESERVED_KINDS.join(', ')}.`,
        )
      }
      this.#kinds.set(name, makeKind(name, entry))
    }
    this.#kinds.set(
      'system',
      makeKind('system', { machine: deadLetterMachine, commands: [], activate: activateOwn }),
    )
  }

  /** Returns the kind of an address. @throws KIND_UNKNOWN */
  kind(address: string): Kind {
    const kind = this.find(address)
    if (kind) return kind
    throw new OutcryError(
      'KIND_UNKNOWN',
      `no machine is registered for "${kindOf(address)}", the kind of ${address}`,
      `Registered: ${[...this.#kinds.keys()].join(', ')}. Add it to createSupervisor({ machines }).`,
    )
  }

  find(address: string): Kind | undefined {
    return this.#kinds.get(kindOf(address))
  }

  /** Returns whether a kind has upcasters: other names today than earlier builds stored. */
  get hasUpcasters(): boolean {
    return [...this.#kinds.values()].some(({ upcasters }) => upcasters !== undefined)
  }

  get kinds(): Iterable<Kind> {
    return this.#kinds.values()
  }
}

/**
 * Creates the clock's actor when the clock is set for the first time, and that of the retention with the first cut. The actor for dead letters exists from the first
 * start on.
 */
function activateOwn({ type }: AnyEvent, id: string): object | undefined {
  const isFirst =
    (type === 'outcry.clockSet' && id === idOf(CLOCK)) || (type === 'outcry.cut' && id === idOf(RETENTION))
  return isFirst ? {} : undefined
}

function makeKind(name: string, entry: AnyStateMachine | Registration): Kind {
  const registration = registrationOf(name, entry)
  for (const machine of [registration.machine, ...(registration.previous ?? [])]) prepareMachine(machine)
  const version = versionOf(registration.machine)
  return {
    ...registration,
    supervision: registration.supervision ?? DEFAULT_SUPERVISION,
    childSupervision: registration.childSupervision ?? DEFAULT_CHILD_SUPERVISION,
    name,
    version,
    label: `${name}@${version}`,
  }
}

export function versionOf(machine: AnyStateMachine): string {
  return machine.version ?? '1'
}

/** Returns the version in a record's `machine`: "1" of `order@1`. */
export function labelVersion(label: string): string {
  return label.slice(label.lastIndexOf('@') + 1)
}

/**
 * Returns the logic of an actor of this kind at `version`, down the path of child `src`s. Undefined when it is not
 * registered.
 */
export function findLogic(kind: Kind, version: string, path: readonly string[]): AnyActorLogic | undefined {
  let logic: AnyActorLogic | undefined = machineAt(kind, version)
  for (const src of path) logic = logic && childLogic(logic, src)
  return logic
}

function machineAt(kind: Kind, version: string): AnyStateMachine | undefined {
  return [kind.machine, ...(kind.previous ?? [])].find((m) => versionOf(m) === version)
}

/**
 * Returns the logic as `findLogic` does, and throws when there is none.
 * @throws MACHINE_VERSION_UNKNOWN, CHILD_UNKNOWN
 */
export function logicAt(kind: Kind, version: string, path: readonly string[]): AnyActorLogic {
  const logic = findLogic(kind, version, path)
  if (logic !== undefined) return logic
  if (machineAt(kind, version) === undefined) {
    throw new OutcryError(
      'MACHINE_VERSION_UNKNOWN',
      `the log holds ${kind.name}@${version}, but only ${kind.label} is registered`,
      `Register the old machine under "previous", or give upgrades from "${version}" to "${kind.version}".`,
    )
  }
  throw new OutcryError(
    'CHILD_UNKNOWN',
    `${kind.name}@${version} has no child logic "${path.at(-1)}" (path ${path.join(' > ')})`,
    'Keep the names of child actors, or raise the machine version and migrate.',
  )
}

/** Returns the upgrades that lead from `version` to the registered one. @throws MACHINE_VERSION_UNKNOWN when none do */
export function upgradePath(kind: Kind, version: string): readonly Upgrade[] {
  const path: Upgrade[] = []
  for (let at = version; at !== kind.version; at = path[path.length - 1]!.to) {
    const next = kind.upgrades?.find((u) => u.from === at)
    if (next === undefined || path.includes(next)) {
      throw new OutcryError(
        'MACHINE_VERSION_UNKNOWN',
        `the log holds ${kind.name}@${version}, and no upgrade leads from "${at}" to the registered ${kind.label}`,
        `Add an upgrade { from: '${at}', to: ..., migrate } to the registration of "${kind.name}".`,
      )
    }
    path.push(next)
  }
  return path
}
