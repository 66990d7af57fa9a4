/**
 * The one place that knows XState's inside: the ActorScope that its machines are run with. It collects the actions
 * of a transition instead of running them. XState makes such a scope per actor; we make one and point it at each
 * actor in turn, which is what makes a transition cheap. The members beginning with `_` are undocumented: xstate is
 * pinned, tests/runtime/scope.test.ts holds the contract, tests/runtime/differential.test.ts the behaviour.
 */
import type { AnyActorLogic, AnyActorScope, Snapshot } from 'xstate'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { type Address, childOf, parseAddress, reserved } from '../record/address.ts'
import { delayInvalid } from '../record/delays.ts'
import type { AnyEvent, ScheduledTimer } from '../record/record.ts'
import { Ref, type RefHost, sizeOfChild } from '../record/ref.ts'
import { admit, admitContext, EVENT, plainError, type Resolve, sizeTaken } from '../record/values.ts'
import type { Effect, TakenTransition } from './effect.ts'
import { INIT, isMachine } from './logic.ts'

/** What every actor's snapshot has, and what a machine's has besides. */
export interface AnySnapshot {
  readonly status: Snapshot<unknown>['status']
  readonly output: unknown
  readonly error: unknown
  readonly children?: Record<string, unknown>
  readonly context?: unknown
}

/** What XState hands to `actionExecutor`; `params` depends on `type`. */
interface CollectedAction {
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: each action type has its own params
  params: any
  // biome-ignore lint/suspicious/noExplicitAny: what a custom action is called with
  info: any
  // biome-ignore lint/suspicious/noExplicitAny: as above
  exec?: (info: any, params: any) => unknown
}

/** The actor that XState makes for a child before we replace it by a Ref. */
interface XStateChild {
  id: string
  sessionId: string
  src: unknown
  systemId?: string
  _syncSnapshot?: boolean
  _parent?: unknown
  options?: { input?: unknown }
  getSnapshot(): { status: string }
}

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

/**
 * Children of one actor, those included that have ended and are not stopped. XState copies all of them for each that is spawned
 * or stopped, so that as many in one turn take a few seconds of one core; twice as many take four times as long.
 */
export const CHILDREN_MAX = 5_000
/** Longest system id, in characters. */
export const SYSTEM_ID_LENGTH_MAX = 1_024

const NO_TRANSITIONS: readonly TakenTransition[] = []

export class Scope {
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
  #self!: Ref
  /** The child that the running step made last. */
  #made: XStateChild | undefined
  /** What the running step adds to what its actor holds. */
  #added = 0
  /** What the running step began with, how many children that had, and how many it has made; unknown until it makes one. */
  #was: AnySnapshot | undefined
  #childrenBefore: number | undefined
  #childrenMade = 0
  #replays = false
  /** What the record of the running step says was found, in a replay. */
  #given: FoundIds | undefined
  #found: [systemId: string, address: string][] | undefined

  constructor(relay: RefHost['relay']) {
    this.system = makeSystem(this, relay, {
      onTaken: (t) => this.#taken.push(t),
      onSystemId: (systemId, child) => this.#newSystemIds.set(systemId, addressOfChild(child)),
      onChild: (child) => {
        if (child._parent !== this.#self) return
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
    this.#self = self
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
    this.#self = self
    this.#actions = []
    this.#taken = []
    this.#added = 0
    this.#was = was
    this.#childrenBefore = undefined
    this.#childrenMade = 0
    this.#replays = replays
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
    const effects: Effect[] = actions.length === 0 ? [] : this.#effects(actions, snapshot, was, replays)
    if (snapshot !== was) {
      if (snapshot.children !== was?.children) this.#adoptChildren(snapshot)
      const isCopy = was !== undefined && isMachine(logic)
      this.#added += admitContext(snapshot.context, was?.context, this.#resolve, isCopy)
      if (snapshot.output !== undefined && snapshot.output !== was?.output)
        this.#admitMade(snapshot.output, 'output')
      if (snapshot.status === 'error') snapshot = { ...snapshot, error: plainError(snapshot.error) }
    }
    const taken = this.watching ? this.#taken : NO_TRANSITIONS
    return { snapshot, effects, taken, found: this.#found, added: this.#added }
  }

  #admitMade(value: unknown, path: string): void {
    this.made += admit(value, path, this.#resolve)
  }

  #asEvent(event: AnyEvent): AnyEvent {
    const type: unknown = event?.type
    if (typeof type !== 'string' || type === INIT || type.startsWith('outcry.'))
      throw notSent(this.#self.address, type)
    this.#admitMade(event, EVENT)
    return event
  }

  /** An event that waits with its timer. */
  #asTimed(event: AnyEvent, id: unknown): AnyEvent {
    const timed = this.#asEvent(event)
    this.#added += sizeTaken()
    if (typeof id === 'string') this.made += id.length
    return timed
  }

  #effects(
    actions: readonly CollectedAction[],
    snapshot: AnySnapshot,
    was: AnySnapshot | undefined,
    replays: boolean,
  ): Effect[] {
    // A child stopped in the very step that made it never starts.
    const stopped = new Set(actions.filter((a) => a.type === 'xstate.stopChild').map((a) => a.params))
    const started: Effect[] = []
    const effects: Effect[] = []
    for (const { type, params, info, exec } of actions) {
      switch (type) {
        case 'xstate.sendTo': {
          const to = this.#addressOf(params.to)
          // A log of an earlier version may hold it.
          if (to.startsWith('system/') && !replays) throw reserved(to)
          if (typeof params.delay === 'number') {
            const { id } = params
            const event = this.#asTimed(params.event, id)
            const gone = stopped.has(params.to) || isReplaced(params.to, was, actions)
            effects.push({ type: 'schedule', id, delayMs: params.delay, to, stopped: gone, event })
          } else {
            if (params.delay !== undefined && !replays) throw this.#notADelay(params)
            effects.push({ type: 'send', to, event: this.#asEvent(params.event) })
          }
          break
        }
        case 'xstate.raise':
          // Without a delay the machine has taken the event itself already.
          if (typeof params.delay === 'number') {
            effects.push({
              type: 'schedule',
              id: params.id,
              delayMs: params.delay,
              event: this.#asTimed(params.event, params.id),
            })
          } else if (params.delay !== undefined && !replays) throw this.#notADelay(params)
          break
        case 'xstate.cancel':
          effects.push({ type: 'cancel', id: params.sendId })
          break
        case 'xstate.spawnChild': {
          if (stopped.has(params.actorRef)) break
          const child = this.#checkChild(params.actorRef, params.src)
          if (params.input !== undefined) this.#admitMade(params.input, `input of ${child.id}`)
          const ref = this.#childRef(child)
          this.#added += sizeOfChild(ref)
          const effect: Effect = { type: 'spawn', ref, input: params.input }
          // At its own start an actor starts the children it already has before anything else.
          if (was === undefined && child.getSnapshot().status === 'active') started.push(effect)
          else effects.push(effect)
          break
        }
        case 'xstate.stopChild':
          if (params instanceof Ref) effects.push({ type: 'stop', to: params.address })
          break
        case 'xstate.emit': {
          effects.push({ type: 'emit', event: this.#asEvent(params.event) })
          break
        }
        case 'xstate.log':
          effects.push({ type: 'log', label: params.label, value: params.value })
          break
        default:
          if (exec) effects.push({ type: 'custom', name: type, run: () => exec(info, params) })
          else throw unknownAction(type, (snapshot as { machine?: { id: string } }).machine?.id)
      }
    }
    return started.length > 0 ? [...started, ...effects] : effects
  }

  /** Live XState takes whatever is no number for no delay: the event would come at once, which nobody meant. */
  #notADelay({ id, delay }: { id: string | undefined; delay: unknown }): OutcryError {
    return delayInvalid(this.#self.address, id, typeof delay === 'string' ? `"${delay}"` : String(delay))
  }

  #addressOf(target: unknown): Address {
    if (target instanceof Ref) return target.address
    const child = target as XStateChild | undefined
    if (child?._parent === this.#self) return childOf(this.#self.address, child.id)
    throw new OutcryError(
      'TARGET_UNKNOWN',
      `${this.#self.address} sent to something that is no actor of this runtime`,
      "Send to an address, sendTo(({ system }) => system.get('kind/id'), ...), to a child's id, or to the parent.",
    )
  }

  #checkChild(child: XStateChild | undefined, src: unknown): XStateChild {
    if (child === undefined) {
      throw new OutcryError(
        'CHILD_UNKNOWN',
        `${this.#self.address} spawns "${String(src)}", which its machine does not define`,
        'Name it in setup({ actors: { ... } }).',
      )
    }
    if (typeof src !== 'string') {
      throw new OutcryError(
        'CHILD_INLINE',
        `${this.#self.address} spawns a child from inline logic, which could not be found again after a restart`,
        "Name the logic in setup({ actors: { child } }) and spawn it by name: spawnChild('child', { id: '...' }).",
      )
    }
    if (child.id === child.sessionId) {
      throw new OutcryError(
        'CHILD_ID_REQUIRED',
        `${this.#self.address} spawns "${src}" without an id; it would have another one after a restart`,
        `Give it one: spawnChild('${src}', { id: '...' }).`,
      )
    }
    parseAddress(childOf(this.#self.address, child.id))
    if (!this.#replays && child.systemId !== undefined && child.systemId.length > SYSTEM_ID_LENGTH_MAX)
      throw systemIdTooLong(this.#self.address, child.systemId)
    return child
  }

  /** XState copies all children for each that it makes, so very many of them would hold everybody up. */
  #assertRoomForChild(): void {
    this.#childrenMade++
    if (this.#replays) return
    this.#childrenBefore ??= Object.keys(this.#was?.children ?? {}).length
    if (this.#childrenBefore + this.#childrenMade <= CHILDREN_MAX) return
    const stopped = this.#actions.filter(({ type }) => type === 'xstate.stopChild').length
    if (this.#childrenBefore + this.#childrenMade - stopped > CHILDREN_MAX)
      throw tooManyChildren(this.#self.address)
  }

  #childRef(child: XStateChild): Ref {
    return new Ref(this.system, childOf(this.#self.address, child.id), child.id, this.#self, {
      src: child.src as string,
      systemId: child.systemId,
      syncSnapshot: child._syncSnapshot,
    })
  }

  #adoptChildren({ children = {} }: AnySnapshot): void {
    for (const id in children) {
      const child = children[id]
      if (!(child instanceof Ref)) children[id] = this.#childRef(child as XStateChild)
    }
  }

  /** A child that XState made, in a context, an input or an event. */
  readonly #resolve: Resolve = (object) => {
    const child = object as XStateChild
    return child._parent === this.#self && typeof child.id === 'string' ? this.#childRef(child) : undefined
  }

  #makeScope(): AnyActorScope {
    const current = () => this.#self
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

/** Whether it is a child that the transition began with, and that another one takes the place of. */
function isReplaced(
  child: unknown,
  was: AnySnapshot | undefined,
  actions: readonly CollectedAction[],
): boolean {
  if (!(child instanceof Ref) || was?.children?.[child.id] !== child) return false
  return actions.some(({ type, params }) => type === 'xstate.spawnChild' && params.actorRef?.id === child.id)
}

function addressOfChild(child: XStateChild): Address {
  const parent = child._parent
  return childOf(parent instanceof Ref ? parent.address : addressOfChild(parent as XStateChild), child.id)
}

interface XStateTransition {
  source: { id: string }
  target?: { id: string }[]
  eventType: string
}

/** XState's ActorSystem, as far as its machines and the actors they make for children call it. */
function makeSystem(
  scope: Scope,
  relay: RefHost['relay'],
  on: {
    onTaken: (transition: TakenTransition) => void
    onChild: (child: XStateChild) => void
    onSystemId: (systemId: string, child: XStateChild) => void
  },
): RefHost {
  let booked = 0
  const system = {
    relay,
    _relay: relay,
    get: (name: string) => scope.lookup(name),
    getAll: () => scope.lookupAll(),
    _bookId: () => `x:${booked++}`,
    _register: (sessionId: string) => sessionId,
    _unregister: () => {},
    _set: on.onSystemId,
    _sendInspectionEvent: (event: {
      type: string
      actorRef?: unknown
      _transitions?: XStateTransition[]
    }) => {
      if (event.type === '@xstate.actor') on.onChild(event.actorRef as XStateChild)
      if (!scope.watching || event.type !== '@xstate.microstep') return
      for (const t of event._transitions ?? []) on.onTaken(takenTransition(t))
    },
    _clock: { setTimeout: () => 0, clearTimeout: () => {} },
    _logger: () => {},
    _snapshot: { _scheduledEvents: {} },
    scheduler: { schedule: () => {}, cancel: () => {}, cancelAll: () => {} },
    getSnapshot: () => ({ _scheduledEvents: {} }),
    start: () => {},
    inspect: () => ({ unsubscribe: () => {} }),
  }
  return system
}

function takenTransition(t: XStateTransition): TakenTransition {
  return { source: t.source.id, targets: t.target?.map((s) => s.id) ?? [], eventType: t.eventType }
}

function notSent(from: Address, type: unknown): OutcryError {
  return new OutcryError(
    'EVENT_INVALID',
    `${from} sends an event of type ${typeof type === 'string' ? `"${type}"` : String(type)}`,
    "Send an object with a type of your own: { type: 'DONE' }. The runtime keeps outcry.* and xstate.init for itself.",
  )
}

function tooManyChildren(parent: Address): OutcryError {
  return new OutcryError(
    'CHILDREN_TOO_MANY',
    `${parent} has ${CHILDREN_MAX} children, and spawns one more`,
    'Stop those that have done their work, spread them over several parents, or make them actors of their own: see activate.',
  )
}

function systemIdTooLong(parent: Address, systemId: string): OutcryError {
  return new OutcryError(
    'VALUE_TOO_LARGE',
    `${parent} gives a child the system id "${systemId.slice(0, 80)}...", of ${systemId.length} characters`,
    `Give it one of at most ${SYSTEM_ID_LENGTH_MAX} characters.`,
  )
}

function unknownAction(type: string, machineId: string | undefined): OutcryError {
  return new OutcryError(
    'ACTION_UNKNOWN',
    `machine "${machineId}" calls the action "${type}", which it does not define`,
    `Define it: setup({ actions: { ${type}: ... } }) or machine.provide({ actions: { ... } }).`,
  )
}
