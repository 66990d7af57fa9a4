/** Which transitions emit what: found by running the machines over seeded scripts, each transition marked. */
import fc from 'fast-check'
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  createMachine,
  initialTransition,
  transition,
} from 'xstate'
import type { AnyEvent } from '../../src/runtime/record.ts'
import { SCRIPTED, type Step } from './scripts.ts'

/** A transition, or the entry or exit of a state, as the machine's definition has it. */
export interface Place {
  /** Path of the state within its machine; empty for the machine itself. */
  readonly state: string
  /** The event that is taken there; `after ...`, `always`, `entry` or `exit`. */
  readonly on: string
  readonly target?: string
}

export interface Emission extends Place {
  readonly type: string
  /** The kind of its actors. */
  readonly kind: string
}

const SEED = 1
const SCRIPTS = 1_000
const STARTS_AT = 1_000
/** Of each state, so many moments are gone on from: what is behind rare states is found, too. */
const KEPT_PER_STATE = 8
const MARK = 'mark'

/** A moment in the life of an actor. */
interface Moment {
  readonly now: number
  readonly snapshot: AnyMachineSnapshot
  readonly timers: readonly { readonly id: string; readonly dueAt: number; readonly event: AnyEvent }[]
  /** By the step that led here. */
  readonly emitted: readonly (Place & { readonly type: string })[]
}

/** In the order in which they were met first, the same each time. */
export function emissions(): readonly Emission[] {
  const found = new Map<string, Emission>()
  for (const { name: kind, machine, input, steps } of SCRIPTED) {
    const scripts = fc.sample(steps, { seed: SEED, numRuns: SCRIPTS })
    for (const { emitted } of lives(withMarks(machine), input, scripts)) {
      for (const one of emitted) found.set(JSON.stringify([kind, one]), { kind, ...one })
    }
  }
  return [...found.values()]
}

/** Each script goes on from some moment that an earlier one came to. */
function* lives(machine: AnyStateMachine, input: unknown, scripts: readonly Step[][]): Iterable<Moment> {
  const born = { now: STARTS_AT, timers: [] }
  const kept = [after(born, initialTransition(machine, input) as Taken)]
  yield* kept
  const seen = new Map<string, number>()
  for (const [i, script] of scripts.entries()) {
    for (const moment of life(machine, kept[i % kept.length] as Moment, script)) {
      yield moment
      const state = JSON.stringify(moment.snapshot.value)
      const times = (seen.get(state) ?? 0) + 1
      seen.set(state, times)
      if (times <= KEPT_PER_STATE) kept.push(moment)
    }
  }
}

function* life(machine: AnyStateMachine, from: Moment, script: readonly Step[]): Iterable<Moment> {
  let is = from
  const take = (event: AnyEvent, changes: Partial<Moment>): Moment => {
    const was = { ...is, ...changes }
    is = after(was, transition(machine, is.snapshot, { ...event, at: was.now }) as Taken)
    return is
  }
  try {
    for (const step of script) {
      if ('send' in step) {
        yield take(step.send, {})
        continue
      }
      const until = is.now + step.wait
      for (let due = nextOf(is, until); due !== undefined; due = nextOf(is, until)) {
        const fired = due
        yield take(due.event, { now: due.dueAt, timers: is.timers.filter((timer) => timer !== fired) })
      }
      is = { ...is, now: until }
    }
  } catch {
    // A script may say what no venue would; the runtime takes such a turn back.
  }
}

function nextOf({ timers }: Moment, until: number): Moment['timers'][number] | undefined {
  return timers.filter(({ dueAt }) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0]
}

type Taken = [AnyMachineSnapshot, { readonly type: string; readonly params: Record<string, unknown> }[]]

function after({ now, timers: were }: Pick<Moment, 'now' | 'timers'>, [snapshot, actions]: Taken): Moment {
  let place: Place | undefined
  let timers = were
  const emitted: (Place & { readonly type: string })[] = []
  for (const { type, params } of actions) {
    if (type === MARK) place = params as unknown as Place
    else if (type === 'xstate.emit')
      emitted.push({ ...(place as Place), type: (params.event as AnyEvent).type })
    else if (type === 'xstate.cancel') timers = timers.filter(({ id }) => id !== params.sendId)
    else if (type === 'xstate.raise' && params.delay !== undefined) {
      const { id, delay, event } = params as { id: string; delay: number; event: AnyEvent }
      timers = [...timers, { id, dueAt: now + delay, event }]
    }
  }
  return { now, snapshot, timers, emitted }
}

/** The machine, with an action before those of each place that names it. */
function withMarks(machine: AnyStateMachine): AnyStateMachine {
  const { actions, ...implementations } = machine.implementations
  const config = marked(machine.config, '')
  return createMachine(
    config as never,
    { ...implementations, actions: { ...actions, [MARK]: () => {} } } as never,
  )
}

// biome-ignore lint/suspicious/noExplicitAny: any machine's configuration
type Config = Record<string, any>

function marked(config: Config, state: string): Config {
  const { entry, exit, on, after, always, states, ...rest } = config
  const whereFrom = (what: string) => markTransitions(state, what)
  return {
    ...rest,
    ...(entry && { entry: withMark({ state, on: 'entry' }, entry) }),
    ...(exit && { exit: withMark({ state, on: 'exit' }, exit) }),
    ...(on && { on: mapValues(on, (to, event) => whereFrom(event)(to)) }),
    ...(after && { after: mapValues(after, (to, delay) => whereFrom(`after ${delay}`)(to)) }),
    ...(always && { always: whereFrom('always')(always) }),
    ...(states && {
      states: mapValues(states, (child, key) => marked(child, state === '' ? key : `${state}.${key}`)),
    }),
  }
}

function markTransitions(state: string, on: string) {
  return (transitions: unknown) =>
    [transitions].flat().map((to) => {
      if (typeof to !== 'object' || !(to as Config).actions) return to
      const { target, actions } = to as Config
      const place = { state, on, ...(target && { target: target.replace(/^\./, '') }) }
      return { ...(to as Config), actions: withMark(place, actions) }
    })
}

function withMark(place: Place, actions: unknown): unknown[] {
  return [{ type: MARK, params: place }, actions].flat()
}

function mapValues(of: Config, change: (value: Config, key: string) => unknown): Config {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, change(value, key)]))
}
