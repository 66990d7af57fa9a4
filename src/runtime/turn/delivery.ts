/**
 * Delivers messages within a turn. A message that a transition sends is delivered at once, receiver by receiver and
 * depth first, as in live XState. An actor that is still at work takes the message when it has finished.
 */

import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { Cell, Delivery } from '../actors/cell.ts'
import { hasRoom } from '../actors/holding.ts'
import { persistState } from '../actors/persist.ts'
import { initOf, isSignal } from '../actors/signals.ts'
import { topCell } from '../actors/top-cell.ts'
import { type Address, idOf, parentOf, portOf } from '../record/address.ts'
import type { AnyEvent, ScheduledTimer } from '../record/record.ts'
import { admit, sizeOf } from '../record/values.ts'
import { STOP } from '../xstate/logic.ts'
import type { Frame } from './frame.ts'
import type { DeadReason } from './message.ts'
import { Steps } from './steps.ts'
import { TurnFailure } from './turn-failure.ts'

/** Returns false for every actor: none is excluded. */
export const INCLUDED = (): boolean => false

export abstract class Deliveries extends Steps {
  /** The reason why the message that started the turn did not reach its actor. */
  refusal: DeadReason | undefined
  /** The error that kept the runtime from restoring the message's actor. */
  unreadable: unknown
  /** Returns true for actors that get no messages in this turn. Their messages become dead letters. */
  protected isExcluded: (address: Address) => boolean = INCLUDED

  /** Records the actor's pending migration, if it has one. @throws UPGRADE_FAILED */
  protected abstract bringUp(cell: Cell, cause: number | null): void

  protected send(to: Address, event: AnyEvent, frame: Frame): void {
    const port = portOf(to)
    if (port !== undefined) {
      if (!this.context.ports.has(port)) this.toDeadLetter(to, event, 'unknown', frame.seq)
      return
    }
    // An invoked child starts after the entry actions. Messages that they send to it wait until then.
    const starts = frame.effects.some((e, i) => i >= frame.next && e.type === 'spawn' && e.ref.address === to)
    if (starts) frame.heldForChild = [...(frame.heldForChild ?? []), { to, event }]
    else this.#deliver(to, event, frame.seq)
  }

  #deliver(to: Address, event: AnyEvent, cause: number): void {
    if (this.isExcluded(to)) {
      this.toDeadLetter(to, event, 'failed', cause)
      return
    }
    const cell = this.open(to, event, cause)
    if (cell === undefined) return
    if (cell.busy) cell.inbox.push({ event, cause })
    else this.take(cell, { event, cause })
  }

  /**
   * Returns the actor that takes the event. Returns undefined for a dead letter, for an event that is dropped and for a
   * timer that stays pending.
   */
  protected open(to: Address, event: AnyEvent, cause: number | null): Cell | undefined {
    let cell: Cell | undefined
    try {
      cell = this.context.actors.find(to)
    } catch (error) {
      return this.#refuse(to, event, 'unreadable', cause, error)
    }
    cell ??= this.#activate(to, event, cause)
    if (cell === undefined) return this.#refuse(to, event, 'unknown', cause)
    if (cell.migration !== undefined) {
      try {
        this.bringUp(cell, cause)
      } catch (error) {
        if (!isOutcryError(error, 'UPGRADE_FAILED')) throw error
        // The actor's own timer stays pending. It fires when the actor can take it.
        if (to !== this.message.to || this.message.timer === undefined)
          return this.#refuse(to, event, 'unreadable', cause, error)
        this.unreadable = error
        return undefined
      }
    }
    if (cell.open) return cell
    const { condition, snapshot, stash } = cell.state
    if (snapshot.status !== 'active') return this.#refuse(to, event, 'ended', cause)
    if (isSignal(event)) return cell
    if (condition === 'quarantined' && !isKept(cell, event)) {
      const isFromActor = cause !== this.message.cause || to !== this.message.to
      if (isFromActor && isDropped(cell, event)) return undefined
      return this.#refuse(to, event, 'quarantined', cause)
    }
    return hasRoom(stash, event) ? cell : this.#refuse(to, event, 'stashFull', cause)
  }

  /** Creates the actor if its kind's `activate` returns an input for the event. */
  #activate(to: Address, event: AnyEvent, cause: number | null): Cell | undefined {
    const kind = parentOf(to) === undefined ? this.context.registry.find(to) : undefined
    if (kind?.activate === undefined) return undefined
    let input: unknown
    try {
      input = kind.activate(event, idOf(to))
      if (input === undefined) return undefined
      this.context.scope.made += admit(input, `input of ${to}`)
    } catch (error) {
      // The failure is the receiver's. Neither the sender nor the actor at work has failed.
      throw new TurnFailure(to, event, error)
    }
    const cell = topCell(this.context.scope, kind, to, input)
    this.add(cell)
    this.take(cell, { event: initOf(input), cause })
    return cell
  }

  /** Takes a message that came while the actor was at work. */
  protected takeWaiting(cell: Cell, delivery: Delivery): void {
    const { snapshot, condition } = cell.state
    const isStop = delivery.event.type === STOP
    const isTaken = condition !== 'quarantined' || isStop || isKept(cell, delivery.event)
    if (snapshot.status === 'active' && isTaken) this.take(cell, delivery)
    else if (!isStop) this.toDeadLetter(cell.address, delivery.event, 'ended', delivery.cause)
  }

  /**
   * Tells the parent after the actor's effects, as XState does, that the actor is done, has failed or has a new
   * snapshot.
   */
  protected tellParent({ cell, seq, replaced }: Frame): void {
    const snapshot = replaced?.snapshot ?? cell.state.snapshot
    const parent = cell.ref._parent
    if (parent === undefined) return
    const { id } = cell.ref
    if (snapshot.status === 'done') {
      const event = { type: `xstate.done.actor.${id}`, output: snapshot.output, actorId: id }
      this.#deliver(parent.address, Object.freeze(event), seq)
    } else if (snapshot.status === 'error') {
      this.repeatedSize += sizeOf(snapshot.error)
      const event = { type: `xstate.error.actor.${id}`, error: snapshot.error, actorId: id }
      this.#deliver(parent.address, Object.freeze(event), seq)
    } else if (snapshot.status === 'active' && cell.ref._syncSnapshot) {
      const event = {
        type: `xstate.snapshot.${id}`,
        snapshot: { ...(persistState(cell.logic, snapshot) as object) },
      }
      this.context.scope.made += admit(event, event.type)
      this.#deliver(parent.address, event, seq)
    }
  }

  /**
   * Returns whether the target is the child that the timer was set for. As in XState, a later child with its id gets
   * nothing.
   */
  protected isForPresent({ target, seq, stopped }: ScheduledTimer): boolean {
    if (stopped) return false
    let born: Cell['born']
    try {
      born = this.context.actors.find(target as Address)?.born
    } catch {
      // The delivery reports why the actor cannot be restored.
      return true
    }
    return born === undefined || born.rev === 1 || born.seq < seq || born.cause === seq
  }

  #refuse(
    to: Address,
    event: AnyEvent,
    reason: DeadReason,
    cause: number | null,
    error?: unknown,
  ): undefined {
    if (cause === this.message.cause && to === this.message.to && this.refusal === undefined) {
      this.refusal = reason
      this.unreadable = error
    }
    this.toDeadLetter(to, event, reason, cause, error)
  }
}

/** Returns whether the message means nothing to the actor in quarantine. */
function isDropped({ kind, path }: Cell, { type }: AnyEvent): boolean {
  return path.length === 0 && kind.droppedInQuarantine?.includes(type) === true
}

/** Returns whether the message is kept for the actor in quarantine. */
function isKept({ kind, path }: Cell, { type }: AnyEvent): boolean {
  return path.length === 0 && kind.keptInQuarantine?.includes(type) === true
}
