import { Subject } from 'rxjs'
import type { Cell } from '../actors/cell.ts'
import { RunningParts } from '../actors/running-parts.ts'
import type { Logger } from '../logger.ts'
import type { Port } from '../port.ts'
import type { Address } from '../record/address.ts'
import type { AnyEvent, Intent, TransitionRecord } from '../record/record.ts'
import type { Offsets } from '../state/offsets.ts'
import type { Publication } from '../turn/publication.ts'
import type { WorkObserver } from '../work.ts'
import { isLive, logicKind } from '../xstate/logic.ts'
import type { Scope } from '../xstate/scope.ts'
import { shown } from '../xstate/shown.ts'

/**
 * The last stage of a message's way: what durable records say goes out, in order, to the feed, to ports, to custom
 * actions and to running parts (law 3). Nothing here can fail a turn: it has happened.
 */
export class Publisher {
  readonly transitions = new Subject<TransitionRecord>()
  /** Of intents that turns have made, how many no port has seen yet. */
  intentsAhead = 0
  readonly #scope: Scope
  readonly #ports: ReadonlyMap<string, Port>
  readonly #logger: Logger
  readonly #live: RunningParts
  readonly #sendFromLive: (to: Address, event: AnyEvent, cause: number) => void
  readonly #work: WorkObserver | undefined
  readonly #watchers = new Set<(release: Publication) => void>()

  constructor(
    scope: Scope,
    ports: ReadonlyMap<string, Port>,
    logger: Logger,
    sendFromLive: (to: Address, event: AnyEvent, cause: number) => void,
    work?: WorkObserver,
  ) {
    this.#scope = scope
    this.#ports = ports
    this.#logger = logger
    this.#sendFromLive = sendFromLive
    this.#work = work
    this.#live = new RunningParts({
      fromLive: sendFromLive,
      lookup: (name) => scope.lookup(name),
      onError: (actor, err) => logger.error({ err, actor }, 'a running part failed to stop'),
    })
  }

  /** Transitions taken are collected only while somebody watches. */
  watch(onPublication: (release: Publication) => void): () => void {
    this.#watchers.add(onPublication)
    this.#scope.watching = true
    return () => {
      this.#watchers.delete(onPublication)
      this.#scope.watching = this.#watchers.size > 0
    }
  }

  release(publications: readonly Publication[], offsets: Offsets): void {
    for (const release of publications) {
      const { record } = release
      offsets.apply(record)
      this.transitions.next(record)
      if (this.#watchers.size > 0) this.#show(release)
      for (const intent of record.intents ?? []) {
        this.intentsAhead--
        this.#hand(intent, 'deliver')
      }
      this.#releaseEffects(release)
    }
  }

  #show(release: Publication): void {
    shown(release.snapshot)
    // A watcher may watch anew, or stop watching.
    for (const watcher of [...this.#watchers]) this.#shielded(() => watcher(release), release.record.actor)
  }

  /** After a restart: what the last run left unsettled, and the running parts that ended with it. */
  resume(intents: readonly Intent[], cells: readonly Cell[]): void {
    for (const intent of intents) this.#hand(intent, 'recover')
    for (const cell of cells) this.#resumeLive(cell)
  }

  halt(): void {
    this.#live.haltAll()
  }

  #releaseEffects({ record, cell, snapshot, effects, live }: Publication): void {
    if (live === undefined && effects.length === 0) return
    this.#work?.begin(cell.address, record.event.type)
    if (live === 'halt') this.#live.halt(cell.address)
    if (live === 'start') this.#live.start(cell, snapshot, record.seq)
    for (const effect of effects) {
      if (effect.type === 'custom') this.#shielded(effect.run, record.actor, effect.name)
      else if (effect.type === 'receive') this.#live.receive(cell.address, effect.event)
      else if (effect.type === 'log') {
        this.#logger.info({ actor: record.actor, value: effect.value }, effect.label ?? 'log')
      }
    }
    this.#work?.end()
  }

  #hand(intent: Intent, how: 'deliver' | 'recover'): void {
    const { id, port: name } = intent
    const port = this.#ports.get(name)
    const onError = (err: unknown) =>
      this.#logger.error({ err, intent: id, port: name }, `port/${name} failed to ${how} an intent`)
    if (port === undefined) {
      onError(new Error(`no port is registered under the name "${name}"`))
      return
    }
    try {
      Promise.resolve(port[how](intent)).catch(onError)
    } catch (error) {
      onError(error)
    }
  }

  #resumeLive(cell: Cell): void {
    const { address, kind, logic, path, state } = cell
    if (!isLive(logic) || state.snapshot.status !== 'active') return
    const src = path.at(-1) ?? ''
    if (logicKind(logic) !== 'promise' || kind.rerun?.includes(src)) {
      this.#live.start(cell, state.snapshot, state.bornSeq)
      return
    }
    const message = `the promise "${src}" was unfinished when the runtime stopped; what it did outside is not known`
    const data = { name: 'OutcryError', code: 'PROMISE_INTERRUPTED', message }
    this.#sendFromLive(address, { type: 'xstate.promise.reject', data }, state.bornSeq)
  }

  /** An async function throws by a rejection, which would end the process. */
  #shielded(work: () => unknown, actor: string, action?: string): void {
    const onThrow = (err: unknown) => {
      const what = action === undefined ? 'an observer threw' : `custom action "${action}" threw`
      this.#logger.error({ err, actor, action }, what)
    }
    try {
      const result = work()
      if (result instanceof Promise) result.catch(onThrow)
    } catch (err) {
      onThrow(err)
    }
  }
}
