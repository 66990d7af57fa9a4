/** Plays a case to its end: in live XState, or in a supervisor whose life is interrupted between every two events. */
import { type AnyStateMachine, createActor, SimulatedClock, type StateValue } from 'xstate'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import { ALWAYS_PASSIVE, Incarnations, type Interruption } from '../runtime/incarnations.ts'
import type { Case, Script } from './cases.ts'

/** The active states after each step. */
export type Course = readonly (readonly string[])[]

/** The machine's environment while a case is played. */
interface Player {
  send(type: string): Promise<void> | void
  wait(ms: number): Promise<void> | void
  /** Moves the time to the next timer, or by a fixed step. */
  waitForTimer(): Promise<void> | void
  readonly value: StateValue
  readonly isOver: boolean
}

/** Most timers that a case without events may wait for. */
const TIMERS_MAX = 1_000
/** A step in ms in which no two timers of a case come due. */
const STEP_MS = 100

class Live implements Player {
  readonly #clock = new SimulatedClock()
  readonly #actor

  constructor(machine: AnyStateMachine) {
    this.#actor = createActor(machine, { clock: this.#clock, logger: () => {} })
    this.#actor.start()
  }

  send(type: string): void {
    if (!this.isOver) this.#actor.send({ type })
  }

  wait(ms: number): void {
    this.#clock.increment(ms)
  }

  waitForTimer(): void {
    this.#clock.increment(STEP_MS)
  }

  get value(): StateValue {
    return this.#actor.getSnapshot().value as StateValue
  }

  get isOver(): boolean {
    return this.#actor.getSnapshot().status !== 'active'
  }
}

const ADDRESS = 'scxml/case'

class Durable implements Player {
  readonly #life: Incarnations
  readonly #way: Way

  private constructor(life: Incarnations, way: Way) {
    this.#life = life
    this.#way = way
  }

  static async start(machine: AnyStateMachine, way: Way): Promise<Durable> {
    const { isPassive, folder } = way
    const passivation = isPassive ? ALWAYS_PASSIVE : {}
    const life = await new Incarnations({ machines: { scxml: machine }, passivation }, folder?.()).open()
    await life.supervisor.spawn('scxml', 'case')
    return new Durable(life, way)
  }

  async send(type: string): Promise<void> {
    await this.#life.interrupt(this.#way.how)
    if (this.isOver) return
    await this.#life.send(ADDRESS, { type })
    const { residents } = this.#life.supervisor
    if (this.#way.isPassive && residents > 0) throw new Error(`${residents} actors are still in memory`)
  }

  async wait(ms: number): Promise<void> {
    await this.#life.interrupt(this.#way.how)
    await this.#life.wait(ms)
  }

  async waitForTimer(): Promise<void> {
    await this.#life.interrupt(this.#way.how)
    const { clock } = this.#life
    await this.#life.wait((clock.dueAt ?? clock.now()) - clock.now())
  }

  get value(): StateValue {
    return (this.#life.supervisor.getSnapshot(ADDRESS) as unknown as { value: StateValue }).value
  }

  get isOver(): boolean {
    return this.#life.supervisor.getSnapshot(ADDRESS)?.status !== 'active'
  }

  async end(): Promise<{ problems: readonly unknown[]; records: TransitionRecord[] }> {
    const records = await this.#life.records()
    const { problems } = await this.#life.supervisor.verify()
    await this.#life.supervisor.stop()
    return { problems, records }
  }
}

/** The way in which a supervisor plays a case. */
export interface Way {
  readonly how: Interruption
  readonly isPassive?: boolean
  /** Returns a new folder for each log. Without it a log is in memory. */
  readonly folder?: () => string
}

/** Returns the states of live XState after each step. */
export async function playLive({ machine, script }: Case): Promise<Course> {
  return play(new Live(machine), script)
}

/** Returns the actor's states after each step, the problems that `verify` finds at the end, and the log. */
export async function playDurable(
  { machine, script }: Case,
  way: Way,
): Promise<{ course: Course; problems: readonly unknown[]; records: TransitionRecord[] }> {
  const durable = await Durable.start(machine, way)
  const course = await play(durable, script)
  return { course, ...(await durable.end()) }
}

async function play(player: Player, { events }: Script): Promise<Course> {
  const course = [statesOf(player.value)]
  for (const { after, event } of events) {
    if (after !== undefined) await player.wait(after)
    await player.send(event.name)
    course.push(statesOf(player.value))
  }
  if (events.length > 0) return course
  for (let n = 0; n < TIMERS_MAX && !player.isOver; n++) await player.waitForTimer()
  return [...course, statesOf(player.value)]
}

/** Returns the ids of the innermost active states, sorted. */
function statesOf(value: StateValue): string[] {
  if (typeof value === 'string') return [value]
  const states = Object.entries(value).flatMap(([id, inner]) => {
    const inside = statesOf(inner as StateValue)
    return inside.length === 0 ? [id] : inside
  })
  return states.sort()
}
