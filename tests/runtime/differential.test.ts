import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { type AnyActor, type AnyStateMachine, createActor, createMachine, type InspectionEvent } from 'xstate'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { SCRIPTED, type Step } from '../machines/scripts.ts'
import { howMany, SEED } from '../seeded.ts'
import { config, machineOf, script } from './random-machine.ts'

/** The observation that is compared after each step. Children that ended before they started are left out. */
interface Observation {
  actors: Record<string, unknown>
  timers: string[]
  emitted: AnyEvent[]
}

/** Number of random machines, for each way. */
const MACHINES = howMany('MACHINES', 120)
const WITH_SEED = { numRuns: MACHINES, seed: SEED }
const START = 1_000
const NEVER = 'never started'
/** XState's ProcessingStatus. */
const STOPPED = 2

function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value ?? null))
}

/**
 * A clock that does as setTimeout does. XState's own SimulatedClock dates timers that are set during a jump from the
 * jump's end, and still fires those that are canceled during it.
 */
class SteppedClock {
  #now = 0
  #timeouts: { at: number; fn: () => void }[] = []

  get now(): number {
    return this.#now
  }

  setTimeout(fn: () => void, ms: number): unknown {
    const timeout = { at: this.#now + ms, fn }
    this.#timeouts.push(timeout)
    return timeout
  }

  clearTimeout(timeout: unknown): void {
    this.#timeouts = this.#timeouts.filter((t) => t !== timeout)
  }

  increment(ms: number): void {
    const end = this.#now + ms
    for (;;) {
      const next = this.#timeouts.reduce<{ at: number; fn: () => void } | undefined>(
        (first, t) => (t.at <= end && (first === undefined || t.at < first.at) ? t : first),
        undefined,
      )
      if (next === undefined) break
      this.#now = next.at
      this.clearTimeout(next)
      next.fn()
    }
    this.#now = end
  }
}

class Live {
  readonly clock = new SteppedClock()
  readonly actor: AnyActor
  readonly emitted: AnyEvent[] = []
  readonly #started = new Set<string>()
  failed = false

  constructor(machine: AnyStateMachine, input: unknown) {
    const inspect = (event: InspectionEvent) => {
      if (event.type === '@xstate.event' && event.event.type === 'xstate.init')
        this.#started.add(event.actorRef.sessionId)
    }
    this.actor = createActor(machine, { clock: this.clock, id: 'random', input, inspect })
    this.actor.subscribe({
      error: () => {
        this.failed = true
      },
    })
    this.actor.on('*', (event) => this.emitted.push(event as AnyEvent))
    this.#adapt()
    this.actor.start()
  }

  /** Adds two things that the runtime gives a machine and XState does not: addresses, and the time of each timer. */
  #adapt(): void {
    const nobody = createActor(createMachine({})).start()
    const system = this.actor.system as unknown as {
      get: (name: string) => unknown
      scheduler: {
        schedule: (source: unknown, target: unknown, event: AnyEvent, delay: number, id: string) => void
      }
      _relay: (source: unknown, target: unknown, event: AnyEvent) => void
    }
    const { get, _relay: relay } = system
    system.get = (name) => get(name) ?? (name.includes('/') ? nobody : undefined)
    system._relay = (source, target, event) => {
      const isTimer = event.type.startsWith('xstate.after.')
      relay(source, target, isTimer ? { ...event, at: START + this.clock.now } : event)
    }
  }

  step(step: Step): void {
    if ('send' in step) this.actor.send({ ...step.send, at: START + this.clock.now } as { type: string })
    else this.clock.increment(step.wait)
  }

  observe(): Observation {
    const actors: Observation['actors'] = {}
    const visit = (actor: AnyActor, path: string): void => {
      const { value, context, output, ...snapshot } = actor.getSnapshot()
      // A transition function's snapshot does not say that it was stopped.
      const stopped = (actor as unknown as { _processingStatus: number })._processingStatus === STOPPED
      const status = stopped && snapshot.status === 'active' ? 'stopped' : snapshot.status
      actors[path] = plain({ status, value, context, output })
      for (const [id, child] of Object.entries(actor.getSnapshot().children ?? {})) {
        if (this.#started.has((child as AnyActor).sessionId)) visit(child as AnyActor, `${path}/${id}`)
        else actors[`${path}/${id}`] = NEVER
      }
    }
    visit(this.actor, 'random/r')
    const scheduled = Object.values(
      (
        this.actor.system as unknown as {
          _snapshot: { _scheduledEvents: Record<string, { id: string; event: AnyEvent }> }
        }
      )._snapshot._scheduledEvents,
    )
    const timers = scheduled.map((t) => `${t.id}:${t.event.type}`).sort()
    return { actors, timers, emitted: this.emitted.splice(0) }
  }
}

class Durable {
  readonly clock = new EventClock(START)
  readonly emitted: AnyEvent[] = []
  failed = false
  supervisor!: Supervisor

  async start(machine: AnyStateMachine, input: unknown, passivating: boolean): Promise<this> {
    this.supervisor = await createSupervisor({
      store: await openMemoryStore(),
      machines: { random: machine },
      clock: this.clock,
      logger: {
        debug() {},
        info() {},
        warn() {},
        error: () => {
          this.failed = true
        },
      },
      passivation: passivating ? { residentMax: 0, idleMs: 0 } : {},
    })
    this.supervisor.transitions$.subscribe((record) => {
      if (record.actor === 'random/r') this.emitted.push(...(record.emitted ?? []))
    })
    await this.supervisor.spawn('random', 'r', input)
    return this
  }

  async step(step: Step): Promise<void> {
    if ('send' in step)
      await this.supervisor.send('random/r', step.send).catch(() => {
        this.failed = true
      })
    else this.clock.advanceTo(this.clock.now() + step.wait)
    await this.supervisor.idle()
  }

  async observe(): Promise<Observation> {
    const actors: Observation['actors'] = {}
    const timers: string[] = []
    const visit = async (address: string): Promise<void> => {
      const view = await this.supervisor.view(address)
      // A child that is stopped in the step that made it counts as never made.
      if (view === undefined) return
      const machine = 'value' in (this.supervisor.getSnapshot(address) ?? {})
      const { status, context, output } = view
      actors[address] = plain({ status, ...(machine && { value: view.value }), context, output })
      timers.push(...view.timers.map((t) => `${t.id}:${t.event.type}`))
      for (const child of view.children) await visit(child)
    }
    await visit('random/r')
    return { actors, timers: timers.sort(), emitted: this.emitted.splice(0) }
  }
}

/** Moments in which a machine had a child of its own making. */
let spawned = 0

async function compare(
  machine: AnyStateMachine,
  input: unknown,
  steps: readonly Step[],
  passivating: boolean,
): Promise<void> {
  const live = new Live(machine, input)
  fc.pre(!live.failed && live.actor.getSnapshot().status !== 'error')
  const durable = await new Durable().start(machine, input, passivating)
  const expectSame = async () => {
    const expected = live.observe()
    if ('random/r/spawned' in expected.actors) spawned++
    const observed = await durable.observe()
    for (const [path, actor] of Object.entries(expected.actors))
      if (actor === NEVER) observed.actors[path] = NEVER
    expect(observed).toEqual(expected)
  }
  await expectSame()
  for (const step of steps) {
    if (live.actor.getSnapshot().status !== 'active') break
    live.step(step)
    if (live.failed) break
    await durable.step(step)
    await expectSame()
  }
  const { problems } = await durable.supervisor.verify()
  expect(problems).toEqual([])
  await durable.supervisor.stop()
}

// Live XState warns about each event to an ended actor, which is normal here.
beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))

describe(`random machines behave as in live XState actors, seed ${SEED}`, () => {
  it('while they stay in memory', async () => {
    await fc.assert(
      fc.asyncProperty(config, script, (c, steps) => compare(machineOf(c), undefined, steps, false)),
      WITH_SEED,
    )
    expect(spawned).toBeGreaterThan(0)
  })

  it('when every actor is passivated and rehydrated between any two events', async () => {
    await fc.assert(
      fc.asyncProperty(config, script, (c, steps) => compare(machineOf(c), undefined, steps, true)),
      WITH_SEED,
    )
  })
})

describe(`our own machines behave as in live XState actors, seed ${SEED}`, () => {
  it.each(SCRIPTED)('$name', async ({ machine, input, steps }) => {
    const both = async (script: Step[]) => {
      await compare(machine, input, script, false)
      await compare(machine, input, script, true)
    }
    await fc.assert(fc.asyncProperty(steps, both), { numRuns: Math.ceil(MACHINES / 8), seed: SEED })
  })
})
