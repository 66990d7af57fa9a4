/**
 * Runs the running parts of promises, callbacks and observables. A part starts when its actor's first record is
 * durable. Its messages go into the log like any others.
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
  /** Takes a message that a running part sends. */
  fromLive(to: Address, event: AnyEvent, cause: number): void
  lookup(name: string): unknown
  onError(address: Address, error: unknown): void
}

interface Running {
  readonly cell: Cell
  readonly scope: AnyActorScope
  snapshot: AnySnapshot
}

/** Types of the events with which a running part ends. A full mailbox takes them, too. */
const OUTCOMES: readonly string[] = [
  'xstate.promise.resolve',
  'xstate.promise.reject',
  'xstate.observable.error',
  'xstate.observable.complete',
  'outcry.threw',
]

/** Returns whether the event ends a running part. It comes once per part, and no other event reports the outcome. */
export function isOutcome({ type }: AnyEvent): boolean {
  return OUTCOMES.includes(type)
}

export class RunningParts {
  readonly #host: LiveHost
  readonly #running = new Map<Address, Running>()
  #halted = false
  /** True while a part runs because this class called it. */
  #calling = false

  constructor(host: LiveHost) {
    this.#host = host
  }

  /**
   * Starts the actor's running part. `seq` is the seq of the record that started the actor. With the address it makes
   * the id of the part's effects outside.
   */
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

  /** Stops every running part, and starts no other. Parts that were about to start do so at the next start. */
  haltAll(): void {
    this.#halted = true
    for (const address of [...this.#running.keys()]) this.halt(address)
  }

  /** Sends the error of a running part to its own actor, as XState does. A callback has ended with it. */
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
    // A part that is called from here gets the error of a message that cannot be sent. When a timer or a socket calls
    // the part later, a thrown error could end the process. So it becomes the failure of the part.
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
      // Promises and observables send to themselves, under the id that they use outside.
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

/**
 * Checks a message of the logic to its own actor. Errors become plain. A result that the log cannot keep becomes an
 * error.
 */
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
