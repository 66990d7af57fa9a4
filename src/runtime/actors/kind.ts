import type { ZodType } from 'zod'
import type { AnyEvent } from '../record/record.ts'
import type { AnyStateMachine } from '../xstate/types.ts'
import type { Supervision } from './supervision.ts'
import type { Upgrade } from './upgrade.ts'

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
  /** Types of the events that it may be sent and does nothing about, for those who read what is registered. */
  readonly ignores?: readonly string[]
  /** Types of the events that the machine sends to itself alone, for those who read what is registered. */
  readonly raises?: readonly string[]
  /** Schemas of the events that the machine emits, for those who read what is registered. */
  readonly emits?: readonly ZodType[]
  /** Schemas of the events that the machine sends, by the kind of the receiver; `*` is any actor that an event has named. */
  readonly sends?: Readonly<Record<string, readonly ZodType[]>>
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
