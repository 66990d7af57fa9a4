import type { Address } from '../record/address.ts'
import { NO_REQUESTS, type RequestCounts } from '../record/intent-ids.ts'
import type { AnyEvent, StateValue } from '../record/record.ts'
import type { Ref } from '../record/ref.ts'
import { goneLogic, isMachine } from '../xstate/logic.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'
import { frozenStateValue } from '../xstate/state-value.ts'
import type { AnyActorLogic } from '../xstate/types.ts'
import type { Kind } from './kind.ts'
import type { Migration } from './migration.ts'
import { NO_TIMERS, type PendingTimers } from './pending-timers.ts'
import { type Failures, NO_FAILURES } from './supervision.ts'

/** The condition of an actor. It decides whether the actor takes messages, and its snapshot does not have it. */
export type Condition = 'running' | 'restarting' | 'quarantined'

/** All of an actor that changes. It is never changed in place, so a turn is undone by restoring the old value. */
export interface ActorState {
  readonly snapshot: AnySnapshot
  readonly rev: number
  /** seq and time of the actor's last record. */
  readonly seq: number
  readonly at: number
  /** seq of the record that started or last restarted the actor. */
  readonly bornSeq: number
  readonly timers: PendingTimers
  readonly condition: Condition
  readonly failures: Failures
  /** Events that came while the actor was restarting, each with the seq of the record that took it in. */
  readonly stash: readonly Stashed[]
  /** The upper bound of the actor's size, and the size measured last. See holding.ts. */
  readonly held: number
  readonly measured: number
  /** The counts for the ids of its intents. They include earlier actors at its address. */
  readonly requests: RequestCounts
}

export interface Stashed {
  readonly event: AnyEvent
  readonly seq: number
}

const NO_STASH: readonly Stashed[] = []

/** The record that started a child. It distinguishes the child from earlier and later ones with its id. */
export interface Birth {
  readonly seq: number
  /** 1 when no actor had the address before. */
  readonly rev: number
  /** seq of the record that spawned the child. */
  readonly cause: number | null
}

/** The version and the logic of an actor. */
export interface RunsOn {
  readonly version: string
  readonly logic: AnyActorLogic
}

/** An actor in memory: its identity, its logic and its state. */
export class Cell {
  readonly ref: Ref
  readonly kind: Kind
  /** The version of the machine that the state belongs to. */
  version: string
  logic: AnyActorLogic
  /** `src` names from the root machine down to this actor's logic. Empty for a top actor. */
  readonly path: readonly string[]
  /** The input that the actor starts and restarts with. */
  input: unknown
  state: ActorState

  /**
   * For children only, because a top actor's address is never used again. Undefined in snapshots of earlier versions.
   */
  born: Birth | undefined
  /** The migration from another version that is not on record yet. The actor's next record is that migration. */
  migration: Migration | undefined
  /** The last record that the store's latest snapshot covers. */
  persisted = { rev: 0, seq: 0 }
  /** rev of the actor's last committed record. Undefined until the first commit after it came into memory. */
  logged: number | undefined
  /** seq of the actor's last record when it was queued for passivation. See Residents. */
  queuedSeq = 0
  /** True while the running turn processes the actor. */
  busy = false
  /** Messages of the running turn that wait for the actor. */
  inbox: Delivery[] = []

  constructor(identity: {
    ref: Ref
    kind: Kind
    version: string
    logic: AnyActorLogic
    path: readonly string[]
    input: unknown
    state: ActorState
  }) {
    this.ref = identity.ref
    this.kind = identity.kind
    this.version = identity.version
    this.logic = identity.logic
    this.path = identity.path
    this.input = identity.input
    this.state = identity.state
  }

  get address(): Address {
    return this.ref.address
  }

  get label(): string {
    return this.version === this.kind.version ? this.kind.label : `${this.kind.name}@${this.version}`
  }

  /** Applies the result of a step. */
  advance({ state, runsOn }: { readonly state: ActorState; readonly runsOn: RunsOn | undefined }): void {
    this.state = state
    if (runsOn === undefined) return
    this.version = runsOn.version
    this.logic = runsOn.logic
  }

  /** Returns whether the actor takes messages: it is active and running. */
  get open(): boolean {
    return this.state.snapshot.status === 'active' && this.state.condition === 'running'
  }
}

/** A message on its way within a turn. */
export interface Delivery {
  readonly event: AnyEvent
  /** seq of the record that sent the message. */
  readonly cause: number | null
  /** True for a stashed message that the actor now takes. */
  readonly unstashed?: true
}

/** Returns the state for a record: a machine's state value, or the status of other logic. */
export function stateValue(logic: AnyActorLogic, snapshot: AnySnapshot): StateValue {
  if (isMachine(logic)) return frozenStateValue((snapshot as unknown as { value: StateValue }).value)
  if (logic !== goneLogic) return snapshot.status
  return (snapshot as unknown as { value?: StateValue }).value ?? snapshot.status
}

/** The state of an actor before its first record. */
export const UNBORN: ActorState = {
  snapshot: { status: 'stopped', output: undefined, error: undefined },
  rev: 0,
  seq: 0,
  at: 0,
  bornSeq: 0,
  timers: NO_TIMERS,
  condition: 'running',
  failures: NO_FAILURES,
  stash: NO_STASH,
  held: 0,
  measured: 0,
  requests: NO_REQUESTS,
}
