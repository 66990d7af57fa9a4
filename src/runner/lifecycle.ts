/** Starts components in the order of their needs, restarts them after failures, and stops them in reverse. */
import { setTimeout as sleep } from 'node:timers/promises'
import { compact } from '../../errors/compact.ts'
import { componentAddress } from '../../machines/index.ts'
import { OutcryError } from '../../store/index.ts'
import type { ActOptions } from '../runtime/actors/signals.ts'
import type { Receipt } from '../runtime/commit/job.ts'
import type { Logger } from '../runtime/logger.ts'
import { plainError } from '../runtime/record/values.ts'
import { keyReused } from '../runtime/turn/refusal.ts'
import type { Component, ComponentHealth, ComponentState } from './component.ts'
import { type ComponentRecords, notRunning } from './component-records.ts'
import { startOrder } from './start-order.ts'

export interface LifecycleOptions {
  readonly records: Pick<ComponentRecords, 'note' | 'ask' | 'flush'>
  readonly logger: Pick<Logger, 'warn' | 'error'>
  readonly time?: RestartTime
  /** Hides secrets in the reasons of failures and problems. */
  readonly redact?: (text: string) => string
}

/** The clock of restarts. It is the system's, whatever time the run has. */
export interface RestartTime {
  /** Returns ms since any fixed moment. */
  now(): number
  /** Resolves after `ms`, or at once when the signal is aborted. */
  wait(ms: number, signal: AbortSignal): Promise<void>
}

/** A component and its state. */
interface Entry {
  readonly component: Component
  state: ComponentState
  reason?: string | undefined
  /** The number of failures in a row. */
  failures: number
  /** The time when it last became RUNNING. */
  runsSince: number
  /** The restart under way. */
  restarting?: Promise<unknown> | undefined
  /** Resolves when the log has answered the last person who asked for a restart. Until then nothing else begins. */
  asking?: Promise<unknown> | undefined
  /** The numbers of all its failures and restarts since the start. */
  failed: number
  restarted: number
  /** Counts the restarts by people. What an earlier life does counts no more. */
  life: number
}

export class Lifecycle {
  /** The components, in the order of their start. */
  readonly #entries: readonly Entry[]
  readonly #options: LifecycleOptions
  readonly #time: RestartTime
  readonly #stopped = new AbortController()
  #stopping: Promise<void> | undefined
  #end: () => void = () => {}
  #fail: (error: unknown) => void = () => {}
  /** Resolves when a component with `endsRun` is done. Rejects when a component without `restart` fails. */
  readonly ended: Promise<void>

  /** Orders the components. @throws COMPONENTS_INVALID */
  constructor(components: readonly Component[], options: LifecycleOptions) {
    this.#entries = startOrder(components).map((component) => ({
      component,
      state: 'STOPPED',
      failures: 0,
      failed: 0,
      restarted: 0,
      runsSince: 0,
      life: 0,
    }))
    this.#options = options
    this.#time = options.time ?? SYSTEM_TIME
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve
      this.#fail = reject
    })
    // Without a caller that waits for the end, the process must not crash.
    this.ended.catch(() => {})
  }

  /** Returns the health of each component, in the order of their start. */
  get health(): readonly ComponentHealth[] {
    return this.#entries.map(({ component, state, reason: failure }) => {
      return compact({
        name: component.name,
        state,
        reason: this.#told(state === 'RUNNING' ? problemOf(component) : failure),
        isOptional: component.restart === undefined ? undefined : (true as const),
      })
    })
  }

  /** Returns the same with the numbers of failures and restarts since the start. */
  get figures(): readonly (ComponentHealth & { readonly failures: number; readonly restarts: number })[] {
    return this.health.map((health, i) => {
      const { failed: failures, restarted: restarts } = this.#entries[i] as Entry
      return { ...health, failures, restarts }
    })
  }

  /**
   * Resolves when all components run. If one does not start, it stops all that have begun.
   * @throws the error of the start
   */
  async start(): Promise<void> {
    const { records } = this.#options
    const begun: Entry[] = []
    try {
      for (const entry of this.#entries) {
        begun.push(entry)
        await this.#start(entry)
      }
      await records.flush()
    } catch (thrown) {
      const error = errorOf(thrown)
      const last = begun.at(-1) as Entry
      if (last.state === 'INITIALIZING') this.#fault(last, error)
      await records.flush()
      this.#stopping = this.#stop(begun)
      // The caller gets the first error, and not the errors of the stop.
      await this.#stopping.catch(() => {})
      throw error
    }
  }

  /** Starts the continuous work of all components. Call it after `start`. */
  run(): void {
    for (const entry of this.#entries) void this.#keep(entry)
  }

  /** Stops every component, even when others fail to stop. @throws the first error */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop(this.#entries)
    return this.#stopping
  }

  /**
   * Restarts a component for a person. Components that need it go on meanwhile. Resolves with the record of who asked,
   * when the component runs again.
   * @throws COMPONENT_UNKNOWN, COMPONENT_FIXED, COMPONENT_BUSY, COMPONENT_FAILED when it does not start, KEY_REUSED,
   * STOPPED while the run starts or stops
   */
  async restart(name: string, options: ActOptions): Promise<Receipt> {
    const entry = this.#entries.find(({ component }) => component.name === name)
    if (entry === undefined) throw refusals.unknown(name)
    const fixed = this.#fixed(entry)
    if (fixed !== undefined) throw refusals.fixed(name, fixed)
    if (this.#stopping !== undefined) throw notRunning(name)
    if (entry.state !== 'RUNNING' && entry.state !== 'FAILED') throw refusals.busy(name, entry.state)
    const restarted = this.#restartFor(entry, options)
    entry.restarting = restarted.catch(() => {})
    return restarted
  }

  async #restartFor(entry: Entry, options: ActOptions): Promise<Receipt> {
    const { records } = this.#options
    const { component, state: was } = entry
    const { name } = component
    const asked = this.#ask(entry, options)
    entry.asking = asked.catch(() => {})
    const receipt = await asked
    entry.failures = 0
    entry.restarted++
    try {
      await component.stop?.()
      if (was === 'RUNNING') {
        records.note(name, { type: 'STOP_COMPLETED' })
        await this.#start(entry)
      } else await this.#open(entry)
    } catch (thrown) {
      const error = errorOf(thrown)
      void this.#recovered(entry, error).then((hasRestarted) => {
        if (hasRestarted) return this.#keep(entry)
      })
      throw refusals.failed(name, error)
    }
    void this.#keep(entry)
    await records.flush()
    return receipt
  }

  /** Records who asks for a restart. From then on the earlier life counts no more. A refusal leaves the component as it was. */
  async #ask(entry: Entry, { by, reason, ...sending }: ActOptions): Promise<Receipt> {
    const { name } = entry.component
    const { state: was } = entry
    const type = was === 'RUNNING' ? 'STOP' : 'START'
    entry.state = was === 'RUNNING' ? 'STOPPING' : 'INITIALIZING'
    let receipt: Receipt
    try {
      receipt = await this.#options.records.ask(name, compact({ type, by, reason }), sending)
      // The same request would have found the component busy.
      if (receipt.duplicate) throw keyReused(receipt.seq)
    } catch (error) {
      entry.state = was
      throw error
    }
    // The stop has waited for this, and goes on from the state that is on record now.
    if (this.#stopping !== undefined) throw notRunning(name)
    entry.life++
    return receipt
  }

  /** Returns why nobody can restart a component. */
  #fixed({ component: { name, restart, fixed } }: Entry): string | undefined {
    if (fixed !== undefined || restart !== undefined) return fixed
    const needing = this.#entries.flatMap(({ component: one }) =>
      one.needs.includes(name) ? [one.name] : [],
    )
    return needing.length === 0 ? 'the run ends with it' : `${needing.join(', ')} cannot go on without it`
  }

  async #start(entry: Entry, isRestart = false): Promise<void> {
    const { component } = entry
    entry.state = 'INITIALIZING'
    entry.reason = undefined
    this.#options.records.note(component.name, { type: 'START' })
    // The restart has begun by now, so that a stop that fails is a failure of the restart.
    if (isRestart) await component.stop?.()
    await this.#open(entry)
  }

  async #open(entry: Entry): Promise<void> {
    const { component } = entry
    await component.start()
    entry.state = 'RUNNING'
    entry.runsSince = this.#time.now()
    this.#options.records.note(component.name, { type: 'START_COMPLETED' })
  }

  /** Resolves when the component's work is done, or has failed without a restart. */
  async #keep(entry: Entry): Promise<void> {
    const { component, life } = entry
    for (;;) {
      try {
        await component.run?.()
        if (component.endsRun) this.#end()
        return
      } catch (thrown) {
        await entry.asking
        if (entry.life !== life || !(await this.#recovered(entry, errorOf(thrown)))) return
      }
    }
  }

  /** Returns whether the component was restarted. */
  async #recovered(entry: Entry, failure: Error): Promise<boolean> {
    const { component, life } = entry
    for (let error = failure; ; ) {
      if (component.restart === undefined) this.#fail(error)
      if (this.#stopping !== undefined) return false
      const retryInMs = this.#retryIn(entry)
      this.#fault(entry, error, retryInMs)
      if (retryInMs === undefined) return false
      await this.#time.wait(retryInMs, this.#stopped.signal)
      await entry.asking
      if (this.#stopping !== undefined || entry.life !== life) return false
      entry.restarted++
      try {
        entry.restarting = this.#start(entry, true)
        await entry.restarting
        return this.#stopping === undefined
      } catch (again) {
        error = errorOf(again)
      }
    }
  }

  /** Returns the wait before the restart, in ms. Undefined when there is none. */
  #retryIn(entry: Entry): number | undefined {
    const { restart } = entry.component
    if (restart === undefined) return undefined
    const hasRun = entry.state === 'RUNNING' && this.#time.now() - entry.runsSince >= restart.steadyMs
    entry.failures = hasRun ? 1 : entry.failures + 1
    if (entry.failures > restart.failuresMax) return undefined
    return Math.min(restart.minMs * 2 ** (entry.failures - 1), restart.maxMs)
  }

  #fault(entry: Entry, error: Error, retryInMs?: number): void {
    const { records, logger, redact = String } = this.#options
    const { name, restart } = entry.component
    const reason = redact(reasonOf(error))
    entry.state = 'FAILED'
    entry.reason = reason
    entry.failed++
    records.note(name, compact({ type: 'FAULT', reason, retryInMs }))
    const details = { component: name, err: error, actor: componentAddress(name) }
    if (retryInMs !== undefined)
      logger.warn(details, `${name} has failed, and is started again in ${retryInMs} ms: ${reason}`)
    else if (restart !== undefined)
      logger.error(details, `${name} has failed, and is not started again: ${reason}`)
  }

  #told(reason: string | undefined): string | undefined {
    return reason === undefined ? undefined : (this.#options.redact?.(reason) ?? reason)
  }

  async #stop(entries: readonly Entry[]): Promise<void> {
    const { records, redact = String } = this.#options
    this.#stopped.abort()
    await Promise.allSettled(entries.map(({ restarting }) => restarting))
    // All stops are recorded now, because the log's own components can record nothing after they have stopped. Nothing waits for these
    // records: the market stops at once.
    for (const entry of entries) {
      if (entry.state === 'FAILED') continue
      entry.state = 'STOPPING'
      records.note(entry.component.name, { type: 'STOP' })
    }
    const errors: Error[] = []
    for (const group of stopOrder(entries)) {
      const ends = await Promise.allSettled(group.map(async ({ component }) => component.stop?.()))
      for (const [i, end] of ends.entries()) {
        const entry = group[i] as Entry
        const { name } = entry.component
        if (end.status === 'rejected') {
          const error = errorOf(end.reason)
          errors.push(error)
          entry.state = 'FAILED'
          entry.reason = redact(reasonOf(error))
          records.note(name, { type: 'FAULT', reason: entry.reason })
        } else if (entry.state !== 'FAILED') {
          entry.state = 'STOPPED'
          records.note(name, { type: 'STOP_COMPLETED' })
        }
      }
    }
    if (errors.length > 0) throw errors[0]
  }
}

/** Returns the entries in the reverse order of their starts, those together that stop at the same time. */
function stopOrder(entries: readonly Entry[]): readonly (readonly Entry[])[] {
  const groups: Entry[][] = []
  for (const entry of [...entries].reverse()) {
    const last = groups.at(-1)
    const { stopsWith } = entry.component
    if (stopsWith !== undefined && last?.[0]?.component.stopsWith === stopsWith) last.push(entry)
    else groups.push([entry])
  }
  return groups
}

/** Maximum length of a reason, in characters. Records contain it. */
const REASON_LENGTH_MAX = 1_000

/** Returns an error's message. An error without one has a code or a name. */
function reasonOf(error: Error): string {
  const { message, code, name } = plainError(error)
  return (message || String(code ?? name)).slice(0, REASON_LENGTH_MAX)
}

/**
 * Returns a thrown value if it is an error that can be read, and otherwise an error with its text. Adapters are others'
 * code: they may throw undefined, which would look like no failure, or an object without a text.
 */
function errorOf(thrown: unknown): Error {
  try {
    if (thrown instanceof Error && typeof thrown.message === 'string') return thrown
  } catch {
    // The value throws when it is read.
  }
  return new Error(plainError(thrown).message, { cause: thrown })
}

function problemOf(component: Component): string | undefined {
  try {
    return component.health?.()
  } catch (thrown) {
    return `it cannot say how it is: ${reasonOf(errorOf(thrown))}`
  }
}

const refusals = {
  unknown: (name: string) =>
    new OutcryError('COMPONENT_UNKNOWN', `there is no component "${name}" here`, 'GET /health lists them.'),
  fixed: (name: string, why: string) =>
    new OutcryError('COMPONENT_FIXED', `${name} is not restarted: ${why}`, 'Restart the runner instead.'),
  busy: (name: string, state: ComponentState) =>
    new OutcryError('COMPONENT_BUSY', `${name} is ${state}`, 'Ask again when it runs or has failed.'),
  failed: (name: string, error: Error) =>
    new OutcryError(
      'COMPONENT_FAILED',
      `${name} has not started again: ${reasonOf(error)}`,
      'GET /health has its state.',
      { cause: error },
    ),
}

const SYSTEM_TIME: RestartTime = {
  now: () => performance.now(),
  wait: (ms, signal) => sleep(ms, undefined, { signal }).catch(() => {}),
}
