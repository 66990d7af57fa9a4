/**
 * The one place that knows XState's inside: the ActorScope that its machines are run with. It collects the actions
 * of a transition instead of running them. XState makes such a scope per actor; we make one and point it at each
 * actor in turn, which is what makes a transition cheap. The members beginning with `_` are undocumented: xstate is
 * pinned, tests/runtime/scope.test.ts holds the contract, tests/runtime/differential.test.ts the behaviour.
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
  /** System ids that the step looked up and found; see TransitionRecord. */
  readonly found: FoundIds | undefined
  /** Size of what it adds to what the actor holds: changes of its context, events of timers, children. */
  readonly added: number
}

/** System ids and the actors that had them. */
export type FoundIds = readonly (readonly [systemId: string, address: string])[]

const NO_TRANSITIONS: readonly TakenTransition[] = []

export class Scope implements StepAtWork {
  /** Set while somebody inspects: transitions taken are collected only then. */
  watching = false
  /** Size of all events, inputs and outputs that machines have made here, roughly, in characters. */
  made = 0
  /** Hears of timers that a log of an earlier version holds and that no clock can reach: they are dropped. */
  onUnusable: (actor: Address, timer: ScheduledTimer) => void = () => {}
  /** What machines see as `system`. */
  readonly system: RefHost
  readonly #systemIds = new Map<string, Address>()
  /** Of children that the running step makes: in force for it already, for others once they are spawned. */
  readonly #newSystemIds = new Map<string, Address>()
  readonly #scope: AnyActorScope
  #actions: CollectedAction[] = []
  #taken: TakenTransition[] = []
  #running = false
  /** Whose step runs. */
  self!: Ref
  /** The child that the running step made last. */
  #made: XStateChild | undefined
  /** What the running step adds to what its actor holds. */
  #added = 0
  /** What the running step began with, how many children that had, and how many it has made; unknown until it makes one. */
  #was: AnySnapshot | undefined
  #childrenBefore: number | undefined
  #childrenMade = 0
  /** See StepAtWork. */
  replays = false
  /** What the record of the running step says was found, in a replay. */
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

  /** True while a machine runs: nothing may be sent by hand then. */
  get running(): boolean {
    return this.#running
  }

  /** Addresses that machines gave a `systemId`. */
  get systemIds(): ReadonlyMap<string, Address> {
    return this.#systemIds
  }

  setSystemId(systemId: string, address: Address): void {
    this.#systemIds.set(systemId, address)
  }

  dropSystemId(systemId: string, address: Address): void {
    if (this.#systemIds.get(systemId) === address) this.#systemIds.delete(systemId)
  }

  /** What `system.get(name)` gives: an actor by systemId, or any address, known or not. */
  lookup(name: string): Ref | undefined {
    const address = this.#newSystemIds.get(name) ?? this.#find(name)
    if (address !== undefined) return new Ref(this.system, address, address)
    if (!name.includes('/')) return undefined
    const other = parseAddress(name)
    return new Ref(this.system, other, other)
  }

  /** What a reference in the log stands for. */
  readonly refOf = (address: string, id: string): Ref => new Ref(this.system, address as Address, id)

  /** What `system.getAll()` gives. */
  lookupAll(): Record<string, Ref | undefined> {
    const names = new Set([...this.#systemIds.keys(), ...(this.#given ?? []).map(([systemId]) => systemId)])
    return Object.fromEntries([...names].map((name) => [name, this.lookup(name)]))
  }

  /** Who had the id when the step was lived, else who has it now. */
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
   * `replays`: what was taken once is taken again, though it would be refused today. `given`: the system ids that the
   * step found when it was lived.
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

  /** `persisted` without children and with an empty context: see persist.ts, which puts both back. */
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

  /** XState copies all children for each that it makes, so very many of them would hold everybody up. */
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

  /** A child that XState made, in a context, an input or an event. */
  readonly #resolve: Resolve = (object) => {
    const child = object as XStateChild
    return child._parent === this.self && typeof child.id === 'string'
      ? childRef(this.system, this.self, child)
      : undefined
  }

  #makeScope(): AnyActorScope {
    const current = () => this.self
    // XState passes each action on through what it finds here, and looks anew for every microstep.
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
      // Of all that a transition calls only the `spawn` of assign defers: the start of the child that it just made.
      defer: () => {
        const child = this.#made
        const params = { actorRef: child, src: child?.src, input: child?.options?.input }
        actionExecutor({ type: 'xstate.spawnChild', params, info: undefined })
      },
      // Machines emit by an action; transition functions call this.
      emit: (event: AnyEvent) => actionExecutor({ type: 'xstate.emit', params: { event }, info: undefined }),
      stopChild: () => {},
      actionExecutor,
      system: this.system,
    }
    return scope as unknown as AnyActorScope
  }
}
