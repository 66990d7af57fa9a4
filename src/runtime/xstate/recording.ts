/**
 * Copies of machines that note each transition that XState asks about, and what its guards read. A copy takes the same
 * transitions as the machine: each guard's result is that of the guard itself, on the actor's own context and event.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate'
import { evaluateGuard } from 'xstate/guards'
import { NOTES_MAX, type NotesLeft, Reading } from '../record/reading.ts'
import type { AnyEvent } from '../record/record.ts'
import { plainError } from '../record/values.ts'
import { statesOf } from './logic.ts'

/** A path of the context or of the event that a guard read, and the value there. */
export interface GuardRead {
  readonly from: 'context' | 'event'
  readonly path: readonly string[]
  /** Absent where there is no value. */
  readonly value?: unknown
  /** True for a value that is left out, because it is larger than READ_SIZE_MAX. */
  readonly isLarge?: true
}

export type GuardResult = 'true' | 'false' | 'threw'

/** A guard that was asked. The parts of `and`, `or` and `not` follow it, one level deeper. */
export interface AskedGuard {
  /** @example 'isWarm', 'leads(to: filled, from: accepted)', 'and(isRunning, isTimely)', '(inline)' */
  readonly guard: string
  /** 0 for the guard of a transition, 1 for a part of it, and so on. */
  readonly depth: number
  readonly result: GuardResult
  /** The message of the error that it threw. */
  readonly error?: string
  readonly reads: readonly GuardRead[]
  /** True when the guard did not do the same while its reads were noted, so that `reads` may be wrong. */
  readonly isUnsure?: true
  /** True when the guard read more than `reads` has. Of a guard that was asked when no notes were left, it has none. */
  readonly isCut?: true
}

/** A transition that a state has for an event, and that XState asked about; or a guard that an action asked. */
export interface AskedTransition {
  /** Id of the state that has the transition. Of an action, the machine's id. */
  readonly source: string
  /** Name of the action that asked, by the `check` of `enqueueActions`. Absent for a transition. */
  readonly action?: string
  /** Type of the event. A machine may raise further ones in the same step. */
  readonly event: string
  /** The transition's own descriptor: the event's type, a pattern such as `*`, or empty for `always`. */
  readonly on: string
  /** Ids of the states to which it leads. Empty when it stays. */
  readonly targets: readonly string[]
  /** `true` for a transition without a guard. */
  readonly result: GuardResult
  /** False for one that was refused, and for one that another region's transition pre-empted. */
  readonly taken: boolean
  /** Empty for a transition without a guard. */
  readonly guards: readonly AskedGuard[]
}

/**
 * Maximum number of accesses that are noted in one step. All guards of a step are asked in one go, and trading waits
 * meanwhile.
 */
export const STEP_NOTES_MAX = 2 * NOTES_MAX

type Writable<T> = { -readonly [K in keyof T]: T[K] }
type Snapshot = Parameters<typeof evaluateGuard>[3]
type Guard = Parameters<typeof evaluateGuard>[0]
interface Args {
  readonly context: unknown
  readonly event: AnyEvent
}
/** A guard in the form of XState's own `and`, `or` and `not`. */
interface BuiltIn {
  (): never
  check(snapshot: Snapshot, args: Args, self: { guards: readonly unknown[] }): boolean
  guards?: readonly unknown[]
}
/** An action in the form of XState's own. */
interface BuiltInAction {
  (): void
  readonly collect?: (args: object, params: unknown) => void
  resolve(...args: readonly unknown[]): unknown
}
/** A transition as XState keeps it. */
interface Transition {
  readonly source: { readonly id: string }
  readonly target?: readonly { readonly id: string }[]
  readonly eventType: string
  guard?: unknown
  actions: readonly unknown[]
}
/** A transition that was asked about, and in which selection of transitions: each is of one snapshot and one event. */
interface Asking {
  readonly asked: Writable<AskedTransition>
  readonly snapshot: Snapshot
  readonly event: AnyEvent
}

export class RecordingMachine {
  /** The copy. It is for one step at a time. */
  readonly machine: AnyStateMachine
  #asked: Writable<AskedTransition>[] = []
  #left: NotesLeft = { notes: 0 }
  readonly #last = new Map<Transition, Asking>()

  private constructor(machine: AnyStateMachine) {
    this.machine = machine.provide({})
    this.machine.options.maxIterations = machine.options.maxIterations
    const { actions } = this.machine.implementations as { actions: Record<string, unknown> }
    for (const [name, action] of Object.entries(actions)) actions[name] = this.#listening(action, name)
    const listening = (list: readonly unknown[]) => list.map((action) => this.#listening(action, '(inline)'))
    for (const node of statesOf(this.machine.root)) {
      Object.assign(node, { entry: listening(node.entry), exit: listening(node.exit) })
      const { initial } = node as { initial?: { actions: readonly unknown[] } }
      if (initial !== undefined) initial.actions = listening(initial.actions)
      for (const transition of transitionsOf(node)) {
        transition.actions = listening(transition.actions)
        this.#watch(transition)
      }
    }
  }

  static readonly #known = new WeakMap<AnyStateMachine, RecordingMachine>()

  /** Returns the recording copy of a machine. */
  static of(machine: AnyStateMachine): RecordingMachine {
    let recording = RecordingMachine.#known.get(machine)
    if (recording === undefined) {
      recording = new RecordingMachine(machine)
      RecordingMachine.#known.set(machine, recording)
    }
    return recording
  }

  /**
   * Returns the transitions that a step on the copy asks about, in order, also when the step throws. It notes at most
   * STEP_NOTES_MAX of the accesses that are left, and takes them off.
   */
  during(
    step: () => void,
    left: NotesLeft = { notes: STEP_NOTES_MAX },
  ): { readonly asked: readonly AskedTransition[]; readonly error: unknown } {
    this.#asked = []
    const notes = Math.min(STEP_NOTES_MAX, left.notes)
    this.#left = { notes }
    this.#last.clear()
    let error: unknown
    try {
      step()
    } catch (thrown) {
      error = thrown
    }
    left.notes -= notes - this.#left.notes
    return { asked: this.#asked, error }
  }

  /** Returns the action, noting the guards that it asks. */
  #listening(action: unknown, name: string): unknown {
    const own = action as BuiltInAction
    const { collect } = typeof action === 'function' ? own : {}
    if (collect === undefined) return action
    const resolve: BuiltInAction['resolve'] = (scope, snapshot, args, params, _self, extra) => {
      const check = (guard: unknown) => this.#check(name, guard, args as Args, snapshot as Snapshot)
      const self = { collect: (given: object, of: unknown) => collect({ ...given, check }, of) }
      return own.resolve(scope, snapshot, args, params, self, extra)
    }
    return Object.assign(() => {}, own, { resolve })
  }

  #check(action: string, guard: unknown, { event }: Args, snapshot: Snapshot): boolean {
    const guards: AskedGuard[] = []
    const source = this.machine.id
    const asked: Writable<AskedTransition> = {
      ...{ source, action, event: event.type, on: '', targets: [], result: 'threw', taken: false, guards },
    }
    this.#asked.push(asked)
    const passes = evaluate(guard, 0, { context: snapshot.context, event }, snapshot, {
      guards,
      left: this.#left,
    })
    asked.result = resultOf(passes)
    return passes
  }

  #watch(transition: Transition): void {
    const { guard } = transition
    transition.guard = builtIn((snapshot, args) => this.#ask(transition, guard, args, snapshot))
    // XState runs the actions of those transitions alone that it takes.
    const mark = Object.assign(() => {}, {
      resolve: (_scope: unknown, snapshot: unknown) => {
        const last = this.#last.get(transition)
        if (last !== undefined) last.asked.taken = true
        return [snapshot]
      },
    })
    transition.actions = [mark, ...transition.actions]
  }

  #ask(transition: Transition, guard: unknown, args: Args, snapshot: Snapshot): boolean {
    // In each region of a parallel state, XState asks about the `always` of the states around it anew.
    const last = this.#last.get(transition)
    if (last?.snapshot === snapshot && args.event === last.event) return last.asked.result === 'true'
    const guards: AskedGuard[] = []
    const asked: Writable<AskedTransition> = {
      source: transition.source.id,
      event: args.event.type,
      on: transition.eventType,
      targets: transition.target?.map(({ id }) => id) ?? [],
      result: 'threw',
      taken: false,
      guards,
    }
    this.#asked.push(asked)
    this.#last.set(transition, { asked, snapshot, event: args.event })
    const passes = guard === undefined || evaluate(guard, 0, args, snapshot, { guards, left: this.#left })
    asked.result = resultOf(passes)
    return passes
  }
}

/** Returns whether a copy threw the error of its machine. XState names the guard in it, and a copy's guards have no names. */
export function isSameError(ofCopy: string, ofMachine: string): boolean {
  return ofCopy === ofMachine.replace(/^(Unable to evaluate guard )'.*?' (?=in transition)/, '$1')
}

function transitionsOf(node: AnyStateNode): Iterable<Transition> {
  return [...[...node.transitions.values()].flat(), ...(node.always ?? [])] as unknown as Transition[]
}

/** The list of a transition's guards, and the room for notes of their reads. */
interface Listing {
  readonly guards: AskedGuard[]
  readonly left: NotesLeft
}

/** Returns the guard's result, and adds it and its parts to the list. @throws what the guard throws */
function evaluate(guard: unknown, depth: number, args: Args, snapshot: Snapshot, list: Listing): boolean {
  const asked: Writable<AskedGuard> = { guard: nameOf(guard, args), depth, result: 'threw', reads: [] }
  list.guards.push(asked)
  const resolved = resolve(guard, snapshot)
  try {
    const passes =
      resolved?.guards === undefined
        ? Boolean(evaluateGuard(guard as Guard, args.context as never, args.event, snapshot))
        : Boolean(
            resolved.check(snapshot, args, {
              guards: resolved.guards.map((part) =>
                builtIn((_, partArgs) => evaluate(part, depth + 1, partArgs, snapshot, list)),
              ),
            }),
          )
    asked.result = resultOf(passes)
    return passes
  } catch (error) {
    asked.error = plainError(error).message
    throw error
  } finally {
    if (resolved?.guards === undefined) noteReads(asked, guard, args, snapshot, list.left)
  }
}

/**
 * Asks the guard once more, on views that note the reads. The machine goes on with the first result, so a guard that
 * notices the views changes nothing. Each guard gets views of its own: a machine may keep what it has worked out of an
 * event, and would not read it again for the next guard.
 */
function noteReads(
  asked: Writable<AskedGuard>,
  guard: unknown,
  args: Args,
  snapshot: Snapshot,
  left: NotesLeft,
): void {
  if (left.notes === 0) {
    asked.isCut = true
    return
  }
  const notes = Math.min(NOTES_MAX, left.notes)
  const own: NotesLeft = { notes }
  const context = new Reading(args.context, own)
  const event = new Reading(args.event, own)
  let result: GuardResult
  try {
    result = resultOf(evaluateGuard(guard as Guard, context.view as never, event.view, snapshot))
  } catch {
    result = 'threw'
  }
  left.notes -= notes - own.notes
  const [ofContext, ofEvent] = [context.found(), event.found()]
  asked.reads = [
    ...ofContext.reads.map((read) => ({ from: 'context' as const, ...read })),
    ...ofEvent.reads.map((read) => ({ from: 'event' as const, ...read })),
  ]
  if (ofContext.isCut || ofEvent.isCut) asked.isCut = true
  // A guard that was stopped has given no result of its own.
  const isStopped = context.isStopped || event.isStopped
  if (result !== asked.result && !isStopped) asked.isUnsure = true
}

function resultOf(passes: unknown): GuardResult {
  return passes ? 'true' : 'false'
}

function builtIn(check: BuiltIn['check']): BuiltIn {
  const guard = (): never => {
    throw new Error('XState calls the check of such a guard')
  }
  return Object.assign(guard, { check })
}

/** Returns the function behind the names of a guard. */
function resolve(guard: unknown, { machine }: Snapshot): BuiltIn | undefined {
  let found = guard
  // A machine's guards may name others. XState follows the names in the same way.
  while (found !== undefined && typeof found !== 'function')
    found =
      machine.implementations.guards[typeof found === 'string' ? found : (found as { type: string }).type]
  return found as BuiltIn | undefined
}

function nameOf(guard: unknown, args: Args): string {
  if (typeof guard === 'string') return guard
  if (typeof guard === 'function') {
    const { guards, stateValue, name } = guard as BuiltIn & { stateValue?: unknown }
    if (guards !== undefined) return `${name}(${guards.map((part) => nameOf(part, args)).join(', ')})`
    if (stateValue !== undefined) return `stateIn(${textOf(stateValue)})`
    return name === '' || name === 'guard' ? '(inline)' : name
  }
  const { type, params } = guard as { readonly type: string; readonly params?: unknown }
  if (params === undefined) return type
  try {
    return `${type}(${textOf(typeof params === 'function' ? params(args) : params)})`
  } catch {
    return type
  }
}

/** Returns parameters as `to: filled, from: triggered`. */
function textOf(params: unknown): string {
  if (typeof params === 'string') return params
  if (typeof params !== 'object' || params === null || Array.isArray(params))
    return JSON.stringify(params) ?? ''
  return Object.entries(params)
    .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(', ')
}
