/**
 * Starts, stops and failures of components on their way into the log. They wait until the log says what it belongs to and with what
 * the run has begun: a start that is refused before leaves the log as it was. From then on each is a record at once.
 */
import { type ComponentInput, componentAddress } from '../../machines/index.ts'
import { isOutcryError } from '../../store/index.ts'
import type { Logger } from '../runtime/logger.ts'
import type { Supervisor } from '../runtime/supervisor.ts'
import type { Clock } from '../runtime/time/clock.ts'

/** What has become of a component: an event of its actor, but for the time. */
export type ComponentChange =
  | { readonly type: 'START' | 'START_COMPLETED' | 'STOP' | 'STOP_COMPLETED' }
  | { readonly type: 'FAULT'; readonly reason: string; readonly retryInMs?: number }

interface Target {
  readonly supervisor: Supervisor
  readonly clock: Pick<Clock, 'now'>
  readonly logger: Pick<Logger, 'warn'>
}

export class ComponentRecords {
  #target: Target | undefined
  #isFlushed = false
  /** In the order in which they were noted. */
  #waiting: (readonly [name: string, change: ComponentChange])[] = []
  readonly #underWay = new Set<Promise<void>>()
  /** Addresses of the actors that are there, or have been asked for. */
  readonly #known = new Set<string>()

  /** From now on there is a log that takes them; they wait for the next `flush`. */
  open(target: Target): void {
    this.#target = target
  }

  note(name: string, change: ComponentChange): void {
    if (this.#isFlushed) this.#record(name, change)
    else this.#waiting.push([name, change])
  }

  /** Resolves when all that was noted is on record, as far as its actors take it. */
  async flush(): Promise<void> {
    if (this.#target === undefined) return
    if (!this.#isFlushed) await this.#retire(this.#target.supervisor)
    this.#isFlushed = true
    for (const [name, change] of this.#waiting.splice(0)) this.#record(name, change)
    await Promise.all(this.#underWay)
  }

  /** Resolves when the log has taken what was noted; it is given no more. */
  async close(): Promise<void> {
    this.#target = undefined
    await Promise.all(this.#underWay)
  }

  #record(name: string, change: ComponentChange): void {
    if (this.#target === undefined) return
    const { supervisor, clock, logger } = this.#target
    const to = componentAddress(name)
    const at = clock.now()
    // An actor that does not take it, such as one in quarantine, keeps nobody from starting or stopping.
    const onRefusal = (err: unknown) => {
      if (isOutcryError(err, 'ACTOR_QUARANTINED') || supervisor.fence !== undefined) return
      logger.warn({ err, actor: to }, `${to} does not take ${change.type}: ${(err as Error).message}`)
    }
    const recorded: Promise<void> = this.#sent(supervisor, { name, to, at }, change)
      .then(() => {}, onRefusal)
      .finally(() => this.#underWay.delete(recorded))
    this.#underWay.add(recorded)
  }

  /** Components that this run does without, and that a run which was killed has left running in the log. */
  async #retire(supervisor: Supervisor): Promise<void> {
    const names = new Set(this.#waiting.map(([name]) => componentAddress(name)))
    const left: string[] = []
    for await (const address of supervisor.addresses({ prefix: componentAddress('') }))
      if (!names.has(address)) left.push(address)
    for (const address of left) {
      const name = address.slice(componentAddress('').length)
      const value = (await supervisor.view(address))?.value
      if (value === 'INITIALIZING' || value === 'RUNNING') this.#record(name, { type: 'STOP' })
      if (value !== 'STOPPED' && value !== 'FAILED') this.#record(name, { type: 'STOP_COMPLETED' })
    }
  }

  /** The first start of all brings the actor into being. */
  #sent(
    supervisor: Supervisor,
    { name, to, at }: { readonly name: string; readonly to: string; readonly at: number },
    change: ComponentChange,
  ): Promise<unknown> {
    const isThere = this.#known.has(to) || supervisor.getSnapshot(to) !== undefined
    this.#known.add(to)
    return isThere
      ? supervisor.send(to, { ...change, at }, { at })
      : supervisor.spawn('component', name, { name } satisfies ComponentInput, { at })
  }
}
