/** What machines emit and send, found by a search through what they may come to. The same each time. */
import fc from 'fast-check'
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate'
import { isOutcryError } from '../../errors/outcry-error.ts'
import { type Address, kindOf } from '../../src/runtime/record/address.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import { Ref } from '../../src/runtime/record/ref.ts'
import { type Outcome, Scope } from '../../src/runtime/xstate/scope.ts'
import type { Scripted, Step } from './scripts.ts'

/** An event that a machine emitted, or sent to an actor of a kind. */
export interface Seen {
  readonly type: string
  readonly to?: string
}

/** Not a multiple of how many states there are, so that each state meets each script. */
const SCRIPTS = 4_001
/** From each state it is gone on so often without news before a machine counts as known. */
const ROUNDS = 20
/** Of few states, each stands for much. */
const STATES_MIN = 40
/** Of so many rounds there is one that leads on. */
const BREADTH = 3
const STARTS_AT = 1_000

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

type OnSeen = (one: Seen) => void

/** Returns each thing that the machine emits and sends, once. */
export function play({ machine, input, steps }: Scripted, seed: number): readonly Seen[] {
  const found = new Map<string, Seen>()
  const scripts = fc.sample(steps, { seed, numRuns: SCRIPTS })
  const search = new Search(machine, scripts, (one) => found.set(`${one.to} ${one.type}`, one))
  search.begin(input)
  for (let quiet = 0; quiet < ROUNDS * Math.max(search.states, STATES_MIN); quiet++) {
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
  readonly #onSeen: OnSeen
  readonly #scope = new Scope(() => {})
  readonly #self = new Ref(this.#scope.system, 'kind/id' as Address, 'kind/id')
  readonly #moments = new Map<string, Moment[]>()
  readonly #seen = new Set<string>()
  /** Kept, and not aged yet. */
  #young: Moment[] = []
  #turns = 0

  constructor(machine: AnyStateMachine, scripts: readonly Step[][], onSeen: OnSeen) {
    this.#scripts = scripts
    this.#ageMs = Math.max(...scripts.flat().map((step) => ('wait' in step ? step.wait : 0)))
    this.#machine = machine
    this.#onSeen = onSeen
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
      } catch (error) {
        // A script may say what no venue would; the runtime takes such a turn back.
        if (isOutcryError(error, 'KIND_UNDECLARED')) throw error
      }
    }
    this.#age()
  }

  /** What is late by now, as an answer is, is a moment of its own: few scripts wait so long in the right place. */
  #age(): void {
    for (const moment of this.#young.splice(0)) {
      try {
        this.#keep(this.#wait(moment, moment.now + this.#ageMs), true)
      } catch (error) {
        if (isOutcryError(error, 'KIND_UNDECLARED')) throw error
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
      if (effect.type === 'emit') this.#onSeen({ type: effect.event.type })
      else if (effect.type === 'send') this.#onSeen({ type: effect.event.type, to: kindOf(effect.to) })
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
