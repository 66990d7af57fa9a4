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

/** Beside what its snapshot says, an actor may be kept from taking messages. */
export type Condition = 'running' | 'restarting' | 'quarantined'

/** All that changes about an actor; never changed in place, so that a turn is undone by putting the old one back. */
export interface ActorState {
  readonly snapshot: AnySnapshot
  readonly rev: number
  /** seq of the actor's last record, and its time. */
  readonly seq: number
  readonly at: number
  /** seq of the record that started or last restarted it. */
  readonly bornSeq: number
  readonly timers: PendingTimers
  readonly condition: Condition
  readonly failures: Failures
  /** Events that came while it was restarting, with the seq of the record that took each in. */
  readonly stash: readonly Stashed[]
  /** The most that it can hold, and what was measured of that: see holding.ts. */
  readonly held: number
  readonly measured: number
  /** What the ids of its intents go on from. Those who had its address before it count, too. */
  readonly requests: RequestCounts
}

export interface Stashed {
  readonly event: AnyEvent
  readonly seq: number
}

const NO_STASH: readonly Stashed[] = []

/** The record that started a child: tells it from others that had its id before, and will have it after. */
export interface Birth {
  readonly seq: number
  /** 1: nobody had its address before. */
  readonly rev: number
  /** seq of the record that spawned it. */
  readonly cause: number | null
}

/** The machine, or other logic, of an actor. */
export interface RunsOn {
  readonly version: string
  readonly logic: AnyActorLogic
}

/** A resident actor: who it is, what it runs on, and its state. */
export class Cell {
  readonly ref: Ref
  readonly kind: Kind
  /** Version of the machine that the state belongs to. */
  version: string
  logic: AnyActorLogic
  /** `src` names from the root machine down to this actor's logic; empty for a top actor. */
  readonly path: readonly string[]
  /** What it was started with, and is restarted from. */
  input: unknown
  state: ActorState

  /** Of children only: a top actor's address is never used again. Undefined in snapshots of earlier versions. */
  born: Birth | undefined
  /** It was carried over from another version, and its next record says so first. */
  migration: Migration | undefined
  /** What the store's latest snapshot of it covers. */
  persisted = { rev: 0, seq: 0 }
  /** Its last record when it was queued for passivation: see Residents. */
  queuedSeq = 0
  /** While it is being processed in the running turn. */
  busy = false
  /** Messages of the running turn that wait for it. */
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

  /** Takes on what a step has led to. */
  advance({ state, runsOn }: { readonly state: ActorState; readonly runsOn: RunsOn | undefined }): void {
    this.state = state
    if (runsOn === undefined) return
    this.version = runsOn.version
    this.logic = runsOn.logic
  }

  /** Takes messages: it has not ended and nothing keeps it from them. */
  get open(): boolean {
    return this.state.snapshot.status === 'active' && this.state.condition === 'running'
  }
}

/** A message on its way inside a turn. */
export interface Delivery {
  readonly event: AnyEvent
  /** seq of the record that sent it. */
  readonly cause: number | null
  /** It was kept while its actor restarted, and its turn has come. */
  readonly unstashed?: true
}

/** What a record shows as the state: a machine's state value, the status of anything else. */
export function stateValue(logic: AnyActorLogic, snapshot: AnySnapshot): StateValue {
  if (isMachine(logic)) return frozenStateValue((snapshot as unknown as { value: StateValue }).value)
  if (logic !== goneLogic) return snapshot.status
  return (snapshot as unknown as { value?: StateValue }).value ?? snapshot.status
}

/** An actor before its first record. */
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
