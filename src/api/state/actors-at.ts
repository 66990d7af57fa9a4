/** The actors of a log as of one seq. */
import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { ActorsOptions, HistoryOptions, Interruptible, ReadOptions } from '../../../store/store.ts'
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import type { Registration } from '../../runtime/actors/kind.ts'
import { findLogic, type Registry } from '../../runtime/actors/registry.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { StateDocument } from '../contract/state.ts'

/** A log that is read: of a running supervisor, or of a closed store. */
export interface ReadableLog {
  readonly registry: Registry
  /** The last durable seq. */
  readonly seq: number
  /** Returns the last seq before the log's time first passes `at`. */
  seqAt(at: number): Promise<number>
  addresses(options: ActorsOptions): AsyncIterable<string>
  stateAt(
    address: string,
    to: { readonly seq: number },
    options: Interruptible,
  ): Promise<ActorView | undefined>
  history(address: string, options: HistoryOptions): AsyncIterable<TransitionRecord>
  read(options: ReadOptions): AsyncIterable<TransitionRecord>
}

/** Each actor is restored once. Those that cannot be restored are left out and listed. */
export class ActorsAt {
  readonly seq: number
  readonly unreadable: StateDocument['unreadable'][number][] = []
  readonly #log: ReadableLog
  readonly #options: Interruptible
  readonly #views = new Map<string, Promise<ActorView | undefined>>()

  constructor(log: ReadableLog, seq: number, options: Interruptible) {
    this.#log = log
    this.seq = seq
    this.#options = options
  }

  /** Returns the time of the last record. */
  async lastAt(): Promise<number | undefined> {
    for await (const { at } of this.#log.read({ fromSeq: this.seq, toSeq: this.seq, ...this.#options }))
      return at
    return undefined
  }

  /** Resolves with an actor; undefined when it does not exist, cannot be restored, or its kind is not registered. */
  view(address: string): Promise<ActorView | undefined> {
    const known = this.#views.get(address) ?? this.#read(address)
    this.#views.set(address, known)
    return known
  }

  /** Resolves with an actor if it runs on a machine of the registration. Other programs have kinds of the same name. */
  async viewOf(address: string, { machine, previous = [] }: Registration): Promise<ActorView | undefined> {
    const view = await this.view(address)
    const logic = view && findLogic(this.#log.registry.kind(address), view.version, view.path)
    return [machine, ...previous].some((one) => one === logic) ? view : undefined
  }

  /** Yields the actors whose address begins so and that run on a machine of the registration. */
  async *viewsOf(prefix: string, registration: Registration): AsyncGenerator<ActorView, void> {
    for await (const address of this.#log.addresses({ prefix, ...this.#options })) {
      const view = await this.viewOf(address, registration)
      if (view !== undefined) yield view
    }
  }

  /** Yields the last records of an actor, the newest first. */
  lastRecords(address: string, limit: number): AsyncIterable<TransitionRecord> {
    return this.#log.history(address, { toSeq: this.seq, reverse: true, limit, ...this.#options })
  }

  async #read(address: string): Promise<ActorView | undefined> {
    if (this.#log.registry.find(address) === undefined) return undefined
    try {
      return await this.#log.stateAt(address, { seq: this.seq }, this.#options)
    } catch (error) {
      // An error of the store is about more than this actor.
      if (!isOutcryError(error) || error.code.startsWith('STORE_') || error.code === 'READ_ABORTED')
        throw error
      this.unreadable.push({ address, code: error.code, message: error.message })
      return undefined
    }
  }
}
