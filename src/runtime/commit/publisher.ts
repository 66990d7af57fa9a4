import { Subject } from 'rxjs'
import type { ErrorCode } from '../../../errors/codes.ts'
import type { OutcryError } from '../../../errors/outcry-error.ts'
import type { Cell } from '../actors/cell.ts'
import { RunningParts } from '../actors/running-parts.ts'
import type { Logger } from '../logger.ts'
import type { Port } from '../port.ts'
import type { Address } from '../record/address.ts'
import type { AnyEvent, Intent, TransitionRecord } from '../record/record.ts'
import type { Offsets } from '../state/offsets.ts'
import type { Residents } from '../state/residents.ts'
import type { Publication } from '../turn/publication.ts'
import type { WorkObserver } from '../work.ts'
import { isLive, logicKind } from '../xstate/logic.ts'
import type { Scope } from '../xstate/scope.ts'
import { shown } from '../xstate/shown.ts'

export interface PublisherParts {
  readonly scope: Scope
  readonly ports: ReadonlyMap<string, Port>
  readonly logger: Logger
  readonly residents: Residents
  readonly offsets: Offsets
  /** Takes a message that a running part sends. */
  readonly sendFromPart: (to: Address, event: AnyEvent, cause: number) => void
  readonly work?: WorkObserver | undefined
  /** Last seq of the log before this start. */
  readonly startedAfter: number
}

/**
 * Publishes durable records, in order: to the feed, to ports, to custom actions and to running parts (law 3). Nothing
 * here can fail a turn, because the turn has already happened.
 */
export class Publisher {
  /** Everyone who hears records subscribes to this through `Queries.transitions$`: the feed, the runner, programs. */
  readonly transitions = new Subject<TransitionRecord>()
  /** Emits once, when the log has refused a commit. */
  readonly fenced = new Subject<OutcryError>()
  #seq: number
  /** Number of intents that turns have made and no port has seen yet. */
  #intentsAhead = 0
  readonly #parts: PublisherParts
  readonly #running: RunningParts
  readonly #watchers = new Set<(publication: Publication) => void>()

  constructor(parts: PublisherParts) {
    const { scope, logger, sendFromPart } = parts
    this.#parts = parts
    this.#seq = parts.startedAfter
    this.#running = new RunningParts({
      fromLive: sendFromPart,
      lookup: (name) => scope.lookup(name),
      onError: (actor, err) => logger.error({ err, actor }, 'a running part failed to stop'),
    })
  }

  /** Returns the seq of the last record that is published. The log may be ahead of it for a moment. */
  get seq(): number {
    return this.#seq
  }

  /** Last seq of the log before this start. */
  get startedAfter(): number {
    return this.#parts.startedAfter
  }

  /** Returns whether turns have made intents that no port has seen yet. */
  get hasIntentsAhead(): boolean {
    return this.#intentsAhead > 0
  }

  /** Adds a watcher. The transitions taken are collected only while there is one. */
  watch(onPublication: (publication: Publication) => void): () => void {
    this.#watchers.add(onPublication)
    this.#parts.scope.watching = true
    return () => {
      this.#watchers.delete(onPublication)
      this.#parts.scope.watching = this.#watchers.size > 0
    }
  }

  /** Notes the intents of a turn that will be published later. */
  noteIntentsAhead(publications: readonly Publication[]): void {
    for (const { record } of publications)
      if (record.intents !== undefined) this.#intentsAhead += record.intents.length
  }

  /** Publishes the records of a durable turn. */
  publish(publications: readonly Publication[]): void {
    const { residents, offsets } = this.#parts
    for (const publication of publications) residents.noteStanding(publication.cell.address, publication)
    for (const publication of publications) {
      const { record } = publication
      offsets.apply(record)
      this.#seq = record.seq
      this.transitions.next(record)
      if (this.#watchers.size > 0) this.#show(publication)
      for (const intent of record.intents ?? []) {
        this.#intentsAhead--
        this.#hand(intent, 'deliver')
      }
      this.#runEffects(publication)
    }
  }

  /** Stops all publication, because the log has refused a commit. */
  fence(error: OutcryError): void {
    this.#parts.logger.error({ err: error, code: error.code }, error.message)
    this.halt()
    this.fenced.next(error)
    this.fenced.complete()
  }

  #show(publication: Publication): void {
    shown(publication.snapshot)
    // A watcher may add a watcher, or stop itself.
    for (const watcher of [...this.#watchers]) this.#shielded(() => watcher(publication), publication.record)
  }

  /**
   * Resumes after a restart: recovers the intents that the last run left unsettled, and continues the running parts.
   */
  resume(intents: readonly Intent[], cells: readonly Cell[]): void {
    for (const intent of intents) this.#hand(intent, 'recover')
    for (const cell of cells) this.#resumeLive(cell)
  }

  halt(): void {
    this.#running.haltAll()
  }

  #runEffects({ record, cell, snapshot, effects, live }: Publication): void {
    if (live === undefined && effects.length === 0) return
    this.#parts.work?.begin(cell.address, record.event.type)
    if (live === 'halt') this.#running.halt(cell.address)
    if (live === 'start') this.#running.start(cell, snapshot, record.seq)
    for (const effect of effects) {
      if (effect.type === 'custom') this.#shielded(effect.run, record, effect.name)
      else if (effect.type === 'receive') this.#running.receive(cell.address, effect.event)
      else if (effect.type === 'log') {
        const { actor, seq, correlation } = record
        this.#parts.logger.info({ actor, seq, correlation, value: effect.value }, effect.label ?? 'log')
      }
    }
    this.#parts.work?.end()
  }

  #hand(intent: Intent, how: 'deliver' | 'recover'): void {
    const { id, port: name, actor, seq, correlation } = intent
    const port = this.#parts.ports.get(name)
    const onError = (err: unknown) =>
      this.#parts.logger.error(
        { err, intent: id, port: name, actor, seq, correlation },
        `port/${name} failed to ${how} an intent`,
      )
    if (port === undefined) {
      onError(new Error(`no port is registered under the name "${name}"`))
      return
    }
    try {
      const handed = how === 'deliver' ? port.deliver(intent) : port.recover(intent)
      Promise.resolve(handed).catch(onError)
    } catch (error) {
      onError(error)
    }
  }

  #resumeLive(cell: Cell): void {
    const { address, kind, logic, path, state } = cell
    if (!isLive(logic) || state.snapshot.status !== 'active') return
    const src = path.at(-1) ?? ''
    if (logicKind(logic) !== 'promise' || kind.rerun?.includes(src)) {
      this.#running.start(cell, state.snapshot, state.bornSeq)
      return
    }
    const message = `the promise "${src}" was unfinished when the runtime stopped; what it did outside is not known`
    const data = { name: 'OutcryError', code: 'PROMISE_INTERRUPTED' satisfies ErrorCode, message }
    this.#parts.sendFromPart(address, { type: 'xstate.promise.reject', data }, state.bornSeq)
  }

  /**
   * Runs observers and actions so that they cannot fail here. An unhandled rejection of an async one would end the
   * process.
   */
  #shielded(work: () => unknown, record: TransitionRecord, action?: string): void {
    const onThrow = (err: unknown) => {
      const what = action === undefined ? 'an observer threw' : `custom action "${action}" threw`
      const { actor, seq, correlation } = record
      this.#parts.logger.error({ err, actor, seq, correlation, action }, what)
    }
    try {
      const result = work()
      if (result instanceof Promise) result.catch(onThrow)
    } catch (err) {
      onThrow(err)
    }
  }
}
