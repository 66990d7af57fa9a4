/**
 * Records the starts, stops and failures of components. They wait until the log has its belonging and the run's first
 * record, so that a refused start leaves the log unchanged. From then on each is recorded at once.
 */
import { type ComponentInput, componentAddress } from '../../machines/index.ts'
import { isOutcryError, OutcryError } from '../../store/index.ts'
import type { Why } from '../runtime/actors/signals.ts'
import type { SendOptions } from '../runtime/commit/intake.ts'
import type { Receipt } from '../runtime/commit/job.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import type { Clock } from '../runtime/time/clock.ts'

/** A change of a component: the event for its actor, without the time. */
export type ComponentChange =
  | { readonly type: 'START_COMPLETED' | 'STOP_COMPLETED' }
  | Asked
  | { readonly type: 'FAULT'; readonly reason: string; readonly retryInMs?: number }

/** A start or a stop, with the person who asks for it and why. */
export type Asked = { readonly type: 'START' | 'STOP' } & Why

interface Target {
  readonly supervisor: Supervisor
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Pick<Logger, 'warn'>
}

export class ComponentRecords {
  #target: Target | undefined
  #isFlushed = false
  /** Changes that wait for the log, in order. */
  #waiting: (readonly [name: string, change: ComponentChange])[] = []
  readonly #underWay = new Set<Promise<void>>()
  /** Addresses of the actors that exist or are being spawned. */
  readonly #known = new Set<string>()

  /** Sets the log for the changes. They wait for the next `flush`. */
  open(target: Target): void {
    this.#target = target
  }

  note(name: string, change: ComponentChange): void {
    if (this.#isFlushed) this.#record(name, change)
    else this.#waiting.push([name, change])
  }

  /**
   * Records what a person asks for. Resolves when it is durable.
   * @throws STOPPED before the run and after its end, and the refusal of the component's actor
   */
  async ask(name: string, asked: Asked, options: Pick<SendOptions, 'key' | 'request'>): Promise<Receipt> {
    if (this.#target === undefined || !this.#isFlushed) throw notRunning(name)
    const { supervisor, clock } = this.#target
    const at = clock.now()
    return supervisor.send(componentAddress(name), { ...asked, at }, { at, ...options })
  }

  /** Resolves when all changes are recorded, except those that their actors refuse. It never rejects. */
  async flush(): Promise<void> {
    if (this.#target === undefined) return
    const { supervisor, logger } = this.#target
    if (!this.#isFlushed)
      await this.#retire(supervisor).catch((err: Error) =>
        logger.warn({ err }, `which components earlier runs had cannot be read: ${err.message}`),
      )
    this.#isFlushed = true
    for (const [name, change] of this.#waiting.splice(0)) this.#record(name, change)
    await Promise.all(this.#underWay)
  }

  /** Takes no more changes. Resolves when the log has taken the earlier ones. */
  async close(): Promise<void> {
    this.#target = undefined
    await Promise.all(this.#underWay)
  }

  #record(name: string, change: ComponentChange): void {
    if (this.#target === undefined) return
    const { supervisor, clock, logger } = this.#target
    const to = componentAddress(name)
    const at = clock.now()
    // An actor that refuses the change, such as one in quarantine, must not stop a start or a stop.
    const onRefusal = (err: unknown) => {
      if (isOutcryError(err, 'ACTOR_QUARANTINED') || supervisor.fence !== undefined) return
      logger.warn({ err, actor: to }, `${to} does not take ${change.type}: ${(err as Error).message}`)
    }
    const recorded: Promise<void> = this.#sent(supervisor, { name, to, at }, change)
      .catch(onRefusal)
      .finally(() => this.#underWay.delete(recorded))
    this.#underWay.add(recorded)
  }

  /** Stops the components in the log that this run lacks, such as those that a killed run has left running. */
  async #retire(supervisor: Supervisor): Promise<void> {
    const names = new Set<string>(this.#waiting.map(([name]) => componentAddress(name)))
    const left: string[] = []
    for await (const address of supervisor.addresses({ prefix: componentAddress('') }))
      if (!names.has(address)) left.push(address)
    for (const address of left) {
      const name = address.slice(componentAddress('').length)
      // The start has reported an actor that cannot be read.
      const value = (await supervisor.view(address).catch(() => undefined))?.value ?? 'STOPPED'
      if (value === 'INITIALIZING' || value === 'RUNNING') this.#record(name, { type: 'STOP' })
      if (value !== 'STOPPED' && value !== 'FAILED') this.#record(name, { type: 'STOP_COMPLETED' })
    }
  }

  /** Sends the change to the component's actor. The very first start spawns it. */
  async #sent(
    supervisor: Supervisor,
    { name, to, at }: { readonly name: string; readonly to: string; readonly at: number },
    change: ComponentChange,
  ): Promise<void> {
    const isThere = this.#known.has(to) || supervisor.getSnapshot(to) !== undefined
    this.#known.add(to)
    if (isThere) await supervisor.send(to, { ...change, at }, { at })
    else await supervisor.spawn('component', name, { name } satisfies ComponentInput, { at })
  }
}

/** Returns the error for a person who asks for a component while all of them start or stop. */
export function notRunning(name: string): OutcryError {
  return new OutcryError('STOPPED', `the runner starts or stops, and ${name} with it`, 'Ask again later.')
}
