import { type AnyActorLogic, type AnyStateMachine, createMachine } from 'xstate'
import type { ZodType } from 'zod'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { CLOCK, idOf, kindOf, RESERVED_KINDS } from '../record/address.ts'
import type { AnyEvent } from '../record/record.ts'
import { childLogic, prepareMachine } from '../xstate/logic.ts'
import { assertXState } from '../xstate/xstate-version.ts'
import { registrationOf } from './registration.ts'
import { DEFAULT_CHILD_SUPERVISION, DEFAULT_SUPERVISION, type Supervision } from './supervision.ts'
import type { Upgrade } from './upgrade.ts'

export type { Upgrade } from './upgrade.ts'

/** A machine with what the runtime should know about it. Its version is the machine's own `version`, else "1". */
export interface Registration {
  readonly machine: AnyStateMachine
  /** What happens to an actor that throws. Default: `resume` for top actors, `escalate` for children. */
  readonly supervision?: Supervision
  readonly childSupervision?: Supervision
  /** Checks messages that come from outside; internal ones are trusted. */
  readonly events?: ZodType
  /** What is sent from outside is of no time that is further ahead of the clock, in ms. Default: of any time. */
  readonly aheadMaxMs?: number
  /** Types of the events that people may send through the API, the others being for actors and ports. Default: all. */
  readonly commands?: readonly string[]
  /** What a command of people names that has to be there, by field: the addresses of other actors. */
  readonly needs?: (command: AnyEvent) => Readonly<Record<string, string | undefined>>
  /** What is wrong with a command of people, beyond its schema: by field, the rule. `id`: of the actor that it is for. */
  readonly problems?: (command: AnyEvent, id: string) => Readonly<Record<string, string | undefined>>
  /** Types of emitted events that say that a command was refused: why is in their `text`, and perhaps their `field`. */
  readonly refusals?: readonly string[]
  /** Lets an event bring the actor `kind/id` it is sent to into being: gives its input, or undefined. Must be pure. */
  readonly activate?: (event: AnyEvent, id: string) => unknown
  /**
   * `src` names of promises that may be run again, under the same intent id, when a crash or restart left them
   * unfinished. Others fail with PROMISE_INTERRUPTED, for what they did outside is not known.
   */
  readonly rerun?: readonly string[]
  /**
   * Types of events that are kept for an actor in quarantine, and that it takes when it is released: what others have told it and
   * never tell again. Default: none; what comes meanwhile is a dead letter.
   */
  readonly keptInQuarantine?: readonly string[]
  readonly upgrades?: readonly Upgrade[]
  /** Machines of earlier versions, which let their part of the log be replayed and verified. */
  readonly previous?: readonly AnyStateMachine[]
}

/** A kind of actor as the runtime uses it. */
export interface Kind extends Registration {
  readonly name: string
  readonly version: string
  /** `order@1`. */
  readonly label: string
  readonly supervision: Supervision
  readonly childSupervision: Supervision
}

export type Machines = Readonly<Record<string, AnyStateMachine | Registration>>

export class Registry {
  readonly #kinds = new Map<string, Kind>()

  /** @throws XSTATE_UNSUPPORTED, KIND_INVALID, CHILD_UNKNOWN */
  constructor(machines: Machines) {
    assertXState()
    for (const [name, entry] of Object.entries(machines)) {
      if (RESERVED_KINDS.includes(name) || !/^[\w-]+$/.test(name)) {
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

  /** @throws KIND_UNKNOWN */
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

  get kinds(): Iterable<Kind> {
    return this.#kinds.values()
  }
}

/** The dead letters are there from the first start on, the clock once it was set. */
function activateOwn({ type }: AnyEvent, id: string): object | undefined {
  return type === 'outcry.clockSet' && id === idOf(CLOCK) ? {} : undefined
}

/** Takes in what could not be delivered; its history is the list of dead letters. */
const deadLetterMachine = createMachine({
  id: 'dead-letters',
  version: '1',
  initial: 'collecting',
  states: { collecting: { on: { DEAD_LETTER: { actions: () => {} } } } },
})

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

/** The version in a record's `machine`, e.g. "1" of `order@1`. */
export function labelVersion(label: string): string {
  return label.slice(label.lastIndexOf('@') + 1)
}

/** The logic that an actor of this kind ran on at `version`, down the path of child `src`s; undefined when it is not registered. */
export function findLogic(kind: Kind, version: string, path: readonly string[]): AnyActorLogic | undefined {
  let logic: AnyActorLogic | undefined = machineAt(kind, version)
  for (const src of path) logic = logic && childLogic(logic, src)
  return logic
}

function machineAt(kind: Kind, version: string): AnyStateMachine | undefined {
  return [kind.machine, ...(kind.previous ?? [])].find((m) => versionOf(m) === version)
}

/**
 * As `findLogic`, where there must be one.
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

/**
 * The steps that lead from `version` to the registered one.
 * @throws MACHINE_VERSION_UNKNOWN when there is no way up
 */
export function upgradePath(kind: Kind, version: string): readonly Upgrade[] {
  const path: Upgrade[] = []
  for (let at = version; at !== kind.version; at = path[path.length - 1]!.to) {
    const next = kind.upgrades?.find((u) => u.from === at)
    if (next === undefined || path.includes(next)) {
      throw new OutcryError(
        'MACHINE_VERSION_UNKNOWN',
        `the log holds ${kind.name}@${version}, and nothing leads from "${at}" to the registered ${kind.label}`,
        `Add an upgrade { from: '${at}', to: ..., migrate } to the registration of "${kind.name}".`,
      )
    }
    path.push(next)
  }
  return path
}
