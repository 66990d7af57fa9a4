/**
 * The running parts of promises, callbacks and observables. They start when their actor's first record is durable,
 * and what they send comes back as messages, which are in the log like any other.
 */

import type { Address } from '../record/address.ts'
import { checkType } from '../record/event-type.ts'
import type { AnyEvent } from '../record/record.ts'
import { EVENT, plainError, takeIn } from '../record/values.ts'
import { logicKind, STOP } from '../xstate/logic.ts'
import type { AnySnapshot } from '../xstate/snapshot.ts'
import type { AnyActorScope } from '../xstate/types.ts'
import type { Cell } from './cell.ts'

export interface LiveHost {
  /** Takes what a running part sends. */
  fromLive(to: Address, event: AnyEvent, cause: number): void
  lookup(name: string): unknown
  onError(address: Address, error: unknown): void
}

interface Running {
  readonly cell: Cell
  readonly scope: AnyActorScope
  snapshot: AnySnapshot
}

/** Types of the events by which a running part ends; they have room in a mailbox that is full. */
const OUTCOMES: readonly string[] = [
  'xstate.promise.resolve',
  'xstate.promise.reject',
  'xstate.observable.error',
  'xstate.observable.complete',
  'outcry.threw',
]

/** Whether a running part ends with it. Each does so once, and nobody would ever tell what became of it otherwise. */
export function isOutcome({ type }: AnyEvent): boolean {
  return OUTCOMES.includes(type)
}

export class RunningParts {
  readonly #host: LiveHost
  readonly #running = new Map<Address, Running>()
  #halted = false
  /** Whether a part runs because it is called from here. */
  #calling = false

  constructor(host: LiveHost) {
    this.#host = host
  }

  /** `seq` is of the record that started the actor: with its address it makes the id of whatever it does outside. */
  start(cell: Cell, snapshot: AnySnapshot, seq: number): void {
    this.halt(cell.address)
    if (this.#halted) return
    const running: Running = { cell, scope: this.#scope(cell, seq), snapshot: { ...snapshot } }
    this.#running.set(cell.address, running)
    try {
      this.#call(() => cell.logic.start?.(running.snapshot as never, running.scope))
    } catch (error) {
      this.#fail(cell, error, seq)
    }
  }

  receive(address: Address, event: AnyEvent): void {
    const running = this.#running.get(address)
    if (running === undefined) return
    try {
      this.#call(() => running.cell.logic.transition(running.snapshot as never, event, running.scope))
    } catch (error) {
      this.#fail(running.cell, error, running.cell.state.seq)
    }
  }

  halt(address: Address): void {
    const running = this.#running.get(address)
    if (running === undefined) return
    this.#running.delete(address)
    try {
      const { logic } = running.cell
      const stop = { type: STOP }
      this.#call(() => {
        running.snapshot = logic.transition(running.snapshot as never, stop, running.scope) as AnySnapshot
      })
    } catch (error) {
      this.#host.onError(address, error)
    }
  }

  #call(part: () => void): void {
    const was = this.#calling
    this.#calling = true
    try {
      part()
    } finally {
      this.#calling = was
    }
  }

  /** Disposes of every running part; nothing starts from here on. What was to start does so at the next start. */
  haltAll(): void {
    this.#halted = true
    for (const address of [...this.#running.keys()]) this.halt(address)
  }

  /** What XState calls the error of its logic: an event to the actor itself. A callback has ended with it. */
  #fail(cell: Cell, error: unknown, cause: number): void {
    const data = plainError(error)
    const event: AnyEvent =
      logicKind(cell.logic) === 'callback'
        ? { type: 'outcry.threw', error: data }
        : {
            type: logicKind(cell.logic) === 'promise' ? 'xstate.promise.reject' : 'xstate.observable.error',
            data,
          }
    this.#host.fromLive(cell.address, Object.freeze(event), cause)
  }

  #scope(cell: Cell, seq: number): AnyActorScope {
    const { address } = cell
    // A part that runs hears itself that something cannot be sent. Later, when a timer or a socket calls, nobody may
    // take what is thrown, and that would end the process: so it is the failure of the part.
    let failed = false
    const take = (send: () => void) => {
      if (failed) return
      try {
        send()
      } catch (error) {
        if (this.#calling) throw error
        failed = true
        this.#fail(cell, error, seq)
      }
    }
    const relay = (_source: unknown, target: { sessionId: Address }, event: AnyEvent) => {
      // Promises and observables send to themselves, under the identity that they have outside.
      const to = target.sessionId === self.sessionId ? address : target.sessionId
      take(() => this.#host.fromLive(to, to === address ? takeOwn(cell, event) : takeSent(to, event), seq))
    }
    const system = { get: (name: string) => this.#host.lookup(name), _relay: relay }
    const parent = cell.ref._parent
    const self = {
      id: cell.ref.id,
      sessionId: `${address}/${seq}/0` as Address,
      _parent: parent && { id: parent.id, sessionId: parent.address },
      getSnapshot: () => this.#running.get(address)?.snapshot ?? { status: 'stopped' },
      send: (event: AnyEvent) => relay(undefined, self, event),
    }
    const emit = (event: AnyEvent) =>
      take(() => {
        const emitted = Object.freeze({ type: 'outcry.emitted', event: takeSent(address, event) })
        this.#host.fromLive(address, emitted, seq)
      })
    return { self, id: self.id, sessionId: self.sessionId, system, emit } as unknown as AnyActorScope
  }
}

function takeSent(to: Address, event: AnyEvent): AnyEvent {
  checkType(to, event)
  return takeIn(event, EVENT)
}

/** What the logic tells its own actor. Errors become plain; a result that the log cannot keep becomes an error. */
function takeOwn(cell: Cell, event: AnyEvent): AnyEvent {
  const type: unknown = event?.type
  if (typeof type !== 'string' || !type.startsWith('xstate.')) return takeSent(cell.address, event)
  if (type === 'xstate.promise.reject' || type === 'xstate.observable.error')
    return Object.freeze({ ...event, data: plainError(event.data) })
  try {
    return takeIn(event, `the result (of ${cell.address})`)
  } catch (error) {
    const data = plainError(error)
    if (type === 'xstate.promise.resolve') return Object.freeze({ type: 'xstate.promise.reject', data })
    if (type === 'xstate.observable.next') return Object.freeze({ type: 'xstate.observable.error', data })
    throw error
  }
}
