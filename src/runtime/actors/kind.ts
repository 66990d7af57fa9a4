import type { ZodType } from 'zod'
import type { EventClass } from '../events/envelope.ts'
import type { AnyEvent, StateValue } from '../record/record.ts'
import type { AnyStateMachine } from '../xstate/types.ts'
import type { Supervision } from './supervision.ts'
import type { Upcasters } from './upcasters.ts'
import type { Upgrade } from './upgrade.ts'

/** The part of a machine's snapshot that says whether a person may end the actor. */
export interface HeldSnapshot {
  readonly value: StateValue
  // biome-ignore lint/suspicious/noExplicitAny: each kind knows the type of its own context
  readonly context: any
}

/** A machine and the runtime's options for it. Its version is the machine's own `version`, or "1". */
export interface Registration {
  readonly machine: AnyStateMachine
  /** The supervision of an actor that throws. Default: `resume` for top actors, `escalate` for children. */
  readonly supervision?: Supervision
  readonly childSupervision?: Supervision
  /** The schema of messages from outside. Internal messages are trusted. */
  readonly events?: ZodType
  /** Maximum ms that the time of an event from outside may be ahead of the clock. Default: no limit. */
  readonly aheadMaxMs?: number
  /** Types of the events that people may send through the API. The others are for actors and ports. Default: all. */
  readonly commands?: readonly string[]
  /** Returns the addresses of the actors that must exist for a person's command, by the field that names each. */
  readonly needs?: (command: AnyEvent) => Readonly<Record<string, string | undefined>>
  /** Returns the rules that a person's command breaks beyond its schema, by field. `id` is the id of its receiver. */
  readonly problems?: (command: AnyEvent, id: string) => Readonly<Record<string, string | undefined>>
  /**
   * Types of emitted events that refuse a command. Their `text` gives the reason, and their `field` may name the field.
   */
  readonly refusals?: readonly string[]
  /** Types of events that the machine may receive and ignores, for readers of the registration. */
  readonly ignores?: readonly string[]
  /** Types of events that the machine sends only to itself, for readers of the registration. */
  readonly raises?: readonly string[]
  /** Schemas of the events that the machine emits, for readers of the registration. */
  readonly emits?: readonly ZodType[]
  /** Schemas of the events that the machine sends, by the receiver's kind. `*` is any actor that an event has named. */
  readonly sends?: Readonly<Record<string, readonly ZodType[]>>
  /** Returns the input if the event may create its receiver `kind/id`, or undefined. Must be pure. */
  readonly activate?: (event: AnyEvent, id: string) => unknown
  /** Classes of the events that the kind emits or takes, by type. An event of severity `critical` is critical anyway. */
  readonly classes?: Readonly<Record<string, EventClass>>
  /**
   * `src` names of promises that may run again, under the same intent id, when a crash or restart cut them off. Other
   * promises fail with PROMISE_INTERRUPTED, because their effect outside is unknown.
   */
  readonly rerun?: readonly string[]
  /**
   * Types of events that are stashed for an actor in quarantine, which takes them when it is released. Other actors
   * send such an event only once. Default: none. Other messages become dead letters.
   */
  readonly keptInQuarantine?: readonly string[]
  /**
   * Returns why a person must not restart or stop the actor now, as a sentence, or undefined when he may. It reads the
   * snapshot alone. Default: he may always.
   * @example ({ context }) => context.isOpen ? 'it has an open order: cancel that first' : undefined
   */
  readonly holds?: (snapshot: HeldSnapshot, act: 'restart' | 'stop') => string | undefined
  /**
   * Returns the input from which the actor starts over when a person restarts it. Must be pure. Default: the input that
   * it began with.
   */
  readonly restartInput?: (snapshot: HeldSnapshot) => unknown
  /**
   * Types of events that other actors send again and again, and of which an actor in quarantine misses nothing: they are
   * dropped. Default: none. From outside, such a message is refused and becomes a dead letter, as any other.
   *
   * @example
   * ['STATS_REQUEST'] // a question that comes with each heartbeat
   */
  readonly droppedInQuarantine?: readonly string[]
  readonly upgrades?: readonly Upgrade[]
  /** Give events and contexts that earlier builds stored today's names. */
  readonly upcasters?: Upcasters
  /** Machines of earlier versions. With them, their part of the log can be replayed and verified. */
  readonly previous?: readonly AnyStateMachine[]
}

/** A kind of actor, as the runtime uses it. */
export interface Kind extends Registration {
  readonly name: string
  readonly version: string
  /** Name and version: `order@1`. */
  readonly label: string
  readonly supervision: Supervision
  readonly childSupervision: Supervision
}

export type Machines = Readonly<Record<string, AnyStateMachine | Registration>>
