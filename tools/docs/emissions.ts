/** Which transitions emit what: found by a search through what machines may come to, each transition marked. */
import fc from 'fast-check'
import { type AnyMachineSnapshot, type AnyStateMachine, createMachine } from 'xstate'
import type { Address } from '../../src/runtime/record/address.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { Ref } from '../../src/runtime/record/ref.ts'
import { type Outcome, Scope } from '../../src/runtime/xstate/scope.ts'
import { SCRIPTED, type Scripted, type Step } from './scripts.ts'

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

/** What a shorter search with it finds, the page has, too. */
export const FIRST_SEED = 1
/** Searches of one machine in a row that bring nothing new. */
const QUIET_MAX = 4
/** Not a multiple of how many states there are, so that each state meets each script. */
const SCRIPTS = 4_001
/** From each state it is gone on so often without news before a machine counts as known. */
const ROUNDS = 40
/** Of few states, each stands for much. */
const STATES_MIN = 40
/** Of so many rounds there is one that leads on. */
const BREADTH = 3
const STARTS_AT = 1_000
const MARK = 'mark'

/** A moment in the life of an actor. */
interface Moment {
  readonly now: number
  readonly snapshot: AnyMachineSnapshot
  readonly timers: readonly {
    readonly id: string | undefined
    readonly dueAt: number
    readonly event: AnyEvent
  }[]
}

type OnEmission = (one: Omit<Emission, 'kind'>) => void

/** All of them: of each machine, searches with ever other scripts, until some in a row bring nothing new. The same each time. */
export function emissions(): readonly Emission[] {
  return SCRIPTED.flatMap((scripted) => {
    const found = new Map<string, Emission>()
    for (let seed = FIRST_SEED, quiet = 0; quiet < QUIET_MAX; seed++) {
      const known = found.size
      for (const one of searchOf(scripted, seed, ROUNDS)) found.set(JSON.stringify(one), one)
      quiet = found.size > known ? 0 : quiet + 1
    }
    return [...found.values()]
  })
}

/** What one search of each machine finds; more, the more rounds it goes without news. */
export function search(seed: number, rounds: number): readonly Emission[] {
  return SCRIPTED.flatMap((scripted) => searchOf(scripted, seed, rounds))
}

function searchOf(
  { name: kind, machine, input, steps }: Scripted,
  seed: number,
  rounds: number,
): readonly Emission[] {
  const found = new Map<string, Emission>()
  const scripts = fc.sample(steps, { seed, numRuns: SCRIPTS })
  const onEmission: OnEmission = (one) => found.set(JSON.stringify(one), { kind, ...one })
  const search = new Search(machine, scripts, onEmission)
  search.begin(input)
  for (let quiet = 0; quiet < rounds * Math.max(search.states, STATES_MIN); quiet++) {
    const known = found.size
    search.goOn()
    if (found.size > known) quiet = 0
  }
  return [...found.values()]
}

/** Goes on from each state as often as from any other, and within one from moments that are unlike each other. */
class Search {
  readonly #machine: AnyStateMachine
  readonly #scripts: readonly Step[][]
  /** The longest that a script waits. */
  readonly #ageMs: number
  readonly #onEmission: OnEmission
  readonly #scope = new Scope(() => {})
  readonly #self = new Ref(this.#scope.system, 'kind/id' as Address, 'kind/id')
  readonly #moments = new Map<string, Moment[]>()
  readonly #seen = new Set<string>()
  /** Kept, and not aged yet. */
  #young: Moment[] = []
  #turns = 0
  #place!: Place

  constructor(machine: AnyStateMachine, scripts: readonly Step[][], onEmission: OnEmission) {
    this.#scripts = scripts
    this.#ageMs = Math.max(...scripts.flat().map((step) => ('wait' in step ? step.wait : 0)))
    this.#machine = withMarks(machine, (place) => {
      this.#place = place
    })
    this.#onEmission = onEmission
  }

  get states(): number {
    return this.#moments.size
  }

  begin(input: unknown): void {
    const born = this.#scope.initial(this.#machine, this.#self, input)
    this.#after({ now: STARTS_AT, timers: [] }, born)
  }

  /** From the next moment, by the next script: along it, or only so far as each of its steps leads from there. */
  goOn(): void {
    const turn = this.#turns++
    const states = [...this.#moments.values()]
    const round = Math.floor(turn / states.length)
    const moments = states[turn % states.length] as Moment[]
    const from = moments[round % moments.length] as Moment
    let is = from
    for (const step of this.#scripts[turn % this.#scripts.length] as Step[]) {
      try {
        const next = 'send' in step ? this.#take(is, step.send) : this.#wait(is, is.now + step.wait)
        is = round % BREADTH === 0 ? next : from
      } catch {
        // A script may say what no venue would; the runtime takes such a turn back.
      }
    }
    this.#age()
  }

  /** What is late by now, as an answer is, is a moment of its own: few scripts wait so long in the right place. */
  #age(): void {
    for (const moment of this.#young.splice(0)) {
      try {
        this.#keep(this.#wait(moment, moment.now + this.#ageMs), true)
      } catch {
        // As with a script.
      }
    }
  }

  #wait(from: Moment, until: number): Moment {
    let is = from
    for (let due = nextOf(is, until); due !== undefined; due = nextOf(is, until)) {
      const fired = due
      const timers = is.timers.filter((timer) => timer !== fired)
      is = this.#take({ ...is, now: due.dueAt, timers }, due.event)
    }
    return { ...is, now: until }
  }

  #take(is: Moment, event: AnyEvent): Moment {
    const at = { ...event, at: is.now }
    return this.#after(is, this.#scope.transition(this.#machine, this.#self, is.snapshot, at))
  }

  #after({ now, timers: were }: Pick<Moment, 'now' | 'timers'>, { snapshot, effects }: Outcome): Moment {
    let timers = were
    for (const effect of effects) {
      if (effect.type === 'custom' && effect.name === MARK) effect.run()
      else if (effect.type === 'emit') this.#onEmission({ ...this.#place, type: effect.event.type })
      else if (effect.type === 'cancel') timers = timers.filter(({ id }) => id !== effect.id)
      else if (effect.type === 'schedule') {
        const { id, delayMs, event } = effect
        timers = [...timers, { id, dueAt: now + delayMs, event }]
      }
    }
    const moment = { now, snapshot: snapshot as AnyMachineSnapshot, timers }
    this.#keep(moment)
    return moment
  }

  #keep(moment: Moment, isAged = false): void {
    const { value, context } = moment.snapshot
    const facts = Object.values(context)
    const state = JSON.stringify([value, facts.filter(isWord)])
    const likeness = JSON.stringify([state, facts.map(roughly), amountsIn(context), isAged])
    if (this.#seen.has(likeness)) return
    this.#seen.add(likeness)
    if (!isAged) this.#young.push(moment)
    const moments = this.#moments.get(state)
    if (moments === undefined) this.#moments.set(state, [moment])
    else moments.push(moment)
  }
}

/** As good as a state: how an order ended, say. Not so a number, an id or a text. */
function isWord(fact: unknown): boolean {
  return fact === null || typeof fact === 'boolean' || (typeof fact === 'string' && /^[a-z_]+$/i.test(fact))
}

/** Of a fact what guards ask about most: its sign, whether there is one, or several, and what the items of a list have. */
function roughly(fact: unknown): unknown {
  if (typeof fact === 'number') return Math.sign(fact)
  if (typeof fact === 'string') return /^-?[\d.]+$/.test(fact) ? Math.sign(Number(fact)) : fact
  if (typeof fact !== 'object' || fact === null) return fact
  const some = Math.min(Object.keys(fact).length, 2)
  if (!Array.isArray(fact)) return some
  const names = new Set(
    fact.flatMap((item) => (typeof item === 'object' && item !== null ? Object.keys(item) : [])),
  )
  return [some, [...names].sort().join()]
}

/** How quantities stand to each other, those in the order's terms, say, too: which is more, which are equal. */
function amountsIn(context: object): string {
  const facts = Object.entries(context)
  const below = facts.flatMap(([, fact]) => (isRecord(fact) ? Object.entries(fact) : []))
  const amounts = [...facts, ...below].flatMap(([name, fact]) => (/qty$/i.test(name) ? Number(fact) : []))
  return amounts.map((one) => amounts.map((other) => Math.sign(one - other))).join()
}

function isRecord(fact: unknown): fact is object {
  return typeof fact === 'object' && fact !== null && !Array.isArray(fact)
}

function nextOf({ timers }: Moment, until: number): Moment['timers'][number] | undefined {
  return timers.filter(({ dueAt }) => dueAt <= until).sort((a, b) => a.dueAt - b.dueAt)[0]
}

/** Where a machine does anything at all. */
export function placesOf(machine: AnyStateMachine): readonly Place[] {
  const places: Place[] = []
  const note = (config: Config): void => {
    for (const [key, value] of Object.entries(config)) {
      if (value?.type === MARK) places.push(value.params)
      else if (key !== 'meta' && typeof value === 'object' && value !== null) note(value)
    }
  }
  note(marked(machine.config, ''))
  return places
}

/** The machine, with an action before those of each place that names it. */
function withMarks(machine: AnyStateMachine, onPlace: (place: Place) => void): AnyStateMachine {
  const { actions, ...implementations } = machine.implementations
  const config = marked(machine.config, '')
  const mark = (_: unknown, place: Place) => onPlace(place)
  return createMachine(
    config as never,
    { ...implementations, actions: { ...actions, [MARK]: mark } } as never,
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
      // XState takes a target by its name alone, and none in a list of them after a delay.
      if (typeof to === 'string') return { target: to }
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
