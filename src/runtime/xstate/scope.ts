/**
 * Runs XState's machines with an ActorScope that collects the actions of a transition instead of running them. Only
 * this file knows XState's internals. XState makes a scope for each actor. This one scope is pointed at each actor in
 * turn, which makes a transition cheap. Members that begin with `_` are undocumented: xstate is pinned,
 * tests/runtime/scope.test.ts checks the contract, and tests/runtime/differential.test.ts the behavior.
 */

import type { AnyActorLogic, AnyActorScope, Snapshot } from 'xstate'
import { type Address, parseAddress } from '../record/address.ts'
import type { AnyEvent, ScheduledTimer } from '../record/record.ts'
import { Ref, type RefHost } from '../record/ref.ts'
import { admit, admitContext, plainError, type Resolve } from '../record/values.ts'
import { addressOfChild, CHILDREN_MAX, childRef, tooManyChildren, type XStateChild } from './child.ts'
import type { Effect, TakenTransition } from './effect.ts'
import { type CollectedAction, effectsOf, type StepAtWork } from './effects.ts'
import { isMachine } from './logic.ts'
import type { AnySnapshot } from './snapshot.ts'
import { makeSystem } from './system.ts'

export interface Outcome {
  readonly snapshot: AnySnapshot
  readonly effects: readonly Effect[]
  readonly taken: readonly TakenTransition[]
  /** System ids that the step found. See TransitionRecord. */
  readonly found: FoundIds | undefined
  /** Size that the step adds to the actor: changes of its context, events of timers, children. */
  readonly added: number
}

/** System ids and the actors that had them. */
export type FoundIds = readonly (readonly [systemId: string, address: string])[]

const NO_TRANSITIONS: readonly TakenTransition[] = []

export class Scope implements StepAtWork {
  /** True while somebody inspects. Only then are the transitions taken collected. */
  watching = false
  /** Approximate size of all events, inputs and outputs that machines have made here, in characters. */
  made = 0
  /** Is called for a timer of an earlier version's log that no clock can reach. The timer is dropped. */
  onUnusable: (actor: Address, timer: ScheduledTimer) => void = () => {}
  /** The `system` that machines see. */
  readonly system: RefHost
  readonly #systemIds = new Map<string, Address>()
  /**
   * System ids of children that the running step makes. They count for the step at once, and for others after the
   * spawn.
   */
  readonly #newSystemIds = new Map<string, Address>()
  readonly #scope: AnyActorScope
  #actions: CollectedAction[] = []
  #taken: TakenTransition[] = []
  #running = false
  /** The actor whose step runs. */
  self!: Ref
  /** The child that the running step made last. */
  #made: XStateChild | undefined
  /** Size that the running step adds to its actor. */
  #added = 0
  /**
   * The snapshot before the running step, its number of children (counted at the first new child), and the number made
   * since.
   */
  #was: AnySnapshot | undefined
  #childrenBefore: number | undefined
  #childrenMade = 0
  /** See StepAtWork. */
  replays = false
  /** In a replay, the system ids in the record of the running step. */
  #given: FoundIds | undefined
  #found: [systemId: string, address: string][] | undefined

  constructor(relay: RefHost['relay']) {
    this.system = makeSystem(this, relay, {
      onTaken: (t) => this.#taken.push(t),
      onSystemId: (systemId, child) => this.#newSystemIds.set(systemId, addressOfChild(child)),
      onChild: (child) => {
        if (child._parent !== this.self) return
        this.#assertRoomForChild()
        this.#made = child
      },
    })
    this.#scope = this.#makeScope()
  }

  /** Returns true while a machine runs. A send by hand is refused then. */
  get running(): boolean {
    return this.#running
  }

  /** Returns the addresses of actors with a `systemId`. */
  get systemIds(): ReadonlyMap<string, Address> {
    return this.#systemIds
  }

  setSystemId(systemId: string, address: Address): void {
    this.#systemIds.set(systemId, address)
  }

  dropSystemId(systemId: string, address: Address): void {
    if (this.#systemIds.get(systemId) === address) this.#systemIds.delete(systemId)
  }

  /** Returns the result of `system.get(name)`: the actor with this system id, or any address, known or not. */
  lookup(name: string): Ref | undefined {
    const address = this.#newSystemIds.get(name) ?? this.#find(name)
    if (address !== undefined) return new Ref(this.system, address, address)
    if (!name.includes('/')) return undefined
    const other = parseAddress(name)
    return new Ref(this.system, other, other)
  }

  /** Returns the reference for one in the log. */
  readonly refOf = (address: string, id: string): Ref => new Ref(this.system, address as Address, id)

  /** Returns the result of `system.getAll()`. */
  lookupAll(): Record<string, Ref | undefined> {
    const names = new Set([...this.#systemIds.keys(), ...(this.#given ?? []).map(([systemId]) => systemId)])
    return Object.fromEntries([...names].map((name) => [name, this.lookup(name)]))
  }

  /** Returns the actor that had the id in the live step, or else the actor that has it now. */
  #find(name: string): Address | undefined {
    const given = this.#given?.find(([systemId]) => systemId === name)?.[1] as Address | undefined
    const address = given ?? this.#systemIds.get(name)
    if (address !== undefined && this.#running && !this.#found?.some(([systemId]) => systemId === name)) {
      this.#found ??= []
      this.#found.push([name, address])
    }
    return address
  }

  /**
   * Starts an actor. `replays`: accepts a step that was accepted once, even if today's rules refuse it. `given`: the
   * system ids that the step found in the live run.
   */
  initial(logic: AnyActorLogic, self: Ref, input: unknown, replays = false, given?: FoundIds): Outcome {
    this.#given = given
    const step = () => logic.getInitialSnapshot(this.#scope, input) as AnySnapshot
    return this.#run(logic, self, step, undefined, replays)
  }

  transition(
    logic: AnyActorLogic,
    self: Ref,
    was: AnySnapshot,
    event: AnyEvent,
    replays = false,
    given?: FoundIds,
  ): Outcome {
    this.#given = given
    const step = () => logic.transition(was as Snapshot<unknown>, event, this.#scope) as AnySnapshot
    return this.#run(logic, self, step, was, replays)
  }

  /** Restores `persisted`, which has no children and an empty context. persist.ts restores both. */
  restore(logic: AnyActorLogic, self: Ref, persisted: AnySnapshot): AnySnapshot {
    this.self = self
    return (
      (logic.restoreSnapshot?.(persisted as Snapshot<unknown>, this.#scope) as AnySnapshot | undefined) ??
      persisted
    )
  }

  #run(
    logic: AnyActorLogic,
    self: Ref,
    step: () => AnySnapshot,
    was: AnySnapshot | undefined,
    replays: boolean,
  ): Outcome {
    this.self = self
    this.#actions = []
    this.#taken = []
    this.#added = 0
    this.#was = was
    this.#childrenBefore = undefined
    this.#childrenMade = 0
    this.replays = replays
    this.#newSystemIds.clear()
    this.#found = undefined
    this.#running = true
    let snapshot: AnySnapshot
    try {
      snapshot = step()
    } finally {
      this.#running = false
    }
    const actions = this.#actions
    const effects: Effect[] = actions.length === 0 ? [] : effectsOf(this, actions, snapshot, was)
    if (snapshot !== was) {
      if (snapshot.children !== was?.children) this.#adoptChildren(snapshot)
      const isCopy = was !== undefined && isMachine(logic)
      this.#added += admitContext(snapshot.context, was?.context, this.#resolve, isCopy)
      if (snapshot.output !== undefined && snapshot.output !== was?.output)
        this.admitMade(snapshot.output, 'output')
      if (snapshot.status === 'error') snapshot = { ...snapshot, error: plainError(snapshot.error) }
    }
    const taken = this.watching ? this.#taken : NO_TRANSITIONS
    return { snapshot, effects, taken, found: this.#found, added: this.#added }
  }

  /** See StepAtWork. */
  admitMade(value: unknown, path: string): void {
    this.made += admit(value, path, this.#resolve)
  }

  /** Refuses too many children. XState copies all of them for each new one, which would block all other work. */
  #assertRoomForChild(): void {
    this.#childrenMade++
    if (this.replays) return
    this.#childrenBefore ??= Object.keys(this.#was?.children ?? {}).length
    if (this.#childrenBefore + this.#childrenMade <= CHILDREN_MAX) return
    const stopped = this.#actions.filter(({ type }) => type === 'xstate.stopChild').length
    if (this.#childrenBefore + this.#childrenMade - stopped > CHILDREN_MAX)
      throw tooManyChildren(this.self.address)
  }

  #adoptChildren({ children = {} }: AnySnapshot): void {
    for (const id in children) {
      const child = children[id]
      if (!(child instanceof Ref)) children[id] = childRef(this.system, this.self, child as XStateChild)
    }
  }

  /** See StepAtWork. */
  hold(size: number): void {
    this.#added += size
  }

  /** Returns the reference for a child that XState made, in a context, an input or an event. */
  readonly #resolve: Resolve = (object) => {
    const child = object as XStateChild
    return child._parent === this.self && typeof child.id === 'string'
      ? childRef(this.system, this.self, child)
      : undefined
  }

  #makeScope(): AnyActorScope {
    const current = () => this.self
    // XState passes each action to the executor that it finds here, and reads it again for every microstep.
    const actionExecutor = (action: CollectedAction) => {
      this.#actions.push(action)
    }
    const scope = {
      get self() {
        return current()
      },
      get id() {
        return current().id
      },
      get sessionId() {
        return current().sessionId
      },
      logger: () => {},
      // In a transition, only the `spawn` of assign calls this: it defers the start of the child that it just made.
      defer: () => {
        const child = this.#made
        const params = { actorRef: child, src: child?.src, input: child?.options?.input }
        actionExecutor({ type: 'xstate.spawnChild', params, info: undefined })
      },
      // Machines emit by an action. Transition functions call this.
      emit: (event: AnyEvent) => actionExecutor({ type: 'xstate.emit', params: { event }, info: undefined }),
      stopChild: () => {},
      actionExecutor,
      system: this.system,
    }
    return scope as unknown as AnyActorScope
  }
}
