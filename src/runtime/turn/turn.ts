/**
 * Runs a turn: one message from outside and every transition that it causes among the local actors. All of it happens,
 * or none (law 2). A turn produces records and publications only, and their effects wait for the commit.
 *
 * The layers, from below: steps.ts (one actor takes one event), delivery.ts, children.ts, migrating.ts.
 */

import type { Cell } from '../actors/cell.ts'
import { timerOf } from '../actors/pending-timers.ts'
import { RESTART_TIMER, type Signal, UNSTASH_TIMER, type Why } from '../actors/signals.ts'
import type { Address } from '../record/address.ts'
import type { ScheduledTimer } from '../record/record.ts'
import { frozen, sizeOf } from '../record/values.ts'
import type { Effect } from '../xstate/effect.ts'
import type { STOP } from '../xstate/logic.ts'
import { INCLUDED } from './delivery.ts'
import type { Frame } from './frame.ts'
import { Migrating } from './migrating.ts'
import { TURN_SIZE_MAX, tooLong } from './steps.ts'

/** A signal or a stop for an actor, which no machine sent. */
export interface Signaled {
  readonly cell: Cell
  readonly event: Signal | ({ readonly type: typeof STOP } & Why)
  /** The timer of the actor that the event consumes. */
  readonly timer?: ScheduledTimer | undefined
}

export class Turn extends Migrating {
  /** Takes the message and all its consequences. @throws TurnFailure when a machine throws; the turn is undone then */
  run(): void {
    try {
      this.#receive()
      this.carryOutAll()
    } catch (error) {
      this.undo()
      throw error
    }
  }

  #receive(): void {
    const { to, event, cause, timer } = this.message
    const cell = this.open(to, event, cause)
    if (cell === undefined) return
    // A migration in this turn may have replaced the timer.
    if (timer !== undefined && this.publications.length > 0 && !hasTimer(cell, timer)) return
    if (timer?.id === RESTART_TIMER) {
      const restarted = Object.freeze({ type: 'outcry.restarted', at: this.at, keeps: true })
      this.take(cell, { event: restarted, cause }, timer)
    } else if (timer?.id === UNSTASH_TIMER) {
      this.#unstash(cell, timer)
    } else if (timer?.target !== undefined) {
      this.take(cell, { event: Object.freeze({ type: 'outcry.timer', at: this.at }), cause }, timer)
      const frame = this.frame(cell)
      if (this.isForPresent(timer)) frame.effects = [{ type: 'send', to: timer.target as Address, event }]
      else this.toDeadLetter(timer.target, event, 'ended', frame.seq)
    } else if (cell.busy) cell.inbox.push({ event, cause })
    else this.take(cell, { event, cause }, timer, true)
  }

  /** Lets the actor take its first stashed message. */
  #unstash(cell: Cell, timer: ScheduledTimer): void {
    const [first] = cell.state.stash
    const { cause } = this.message
    this.take(cell, { event: Object.freeze({ type: 'outcry.unstashed', at: this.at }), cause }, timer)
    if (first === undefined) return
    this.repeatedSize += sizeOf(first.event)
    cell.inbox.unshift({ event: first.event, cause: first.seq, unstashed: true })
  }

  /** Starts a top actor. @throws TurnFailure */
  spawn(cell: Cell): void {
    this.#guarded(() => {
      this.add(cell)
      this.take(cell, this.message)
    })
  }

  /**
   * Gives actors events that no machine sent. Excluded actors get no message that follows from them.
   * @throws TurnFailure when a machine throws on a consequence
   */
  signal(
    events: readonly Signaled[],
    also?: () => void,
    isExcluded: (address: Address) => boolean = INCLUDED,
  ): void {
    this.isExcluded = isExcluded
    this.#guarded(() => {
      const { cause } = this.message
      for (const { cell, event, timer } of events) {
        this.bringUp(cell, cause)
        if (cell.state.snapshot.status === 'active') this.take(cell, { event: frozen(event), cause }, timer)
      }
      also?.()
    })
  }

  /**
   * Records the pending migrations of the actors.
   * @throws TURN_TOO_LONG when several migrations are too large for one turn; TurnFailure
   */
  migrate(cells: readonly Cell[]): void {
    this.#guarded(() => {
      for (const known of cells) {
        if (known.migration === undefined) continue
        // The actor may have left memory since. Then it has another cell.
        const cell = this.context.actors.find(known.address)
        if (cell !== undefined) this.bringUp(cell, this.message.cause)
        if (cells.length > 1 && this.stateSize > TURN_SIZE_MAX) throw tooLong()
      }
    })
  }

  #guarded(step: () => void): void {
    try {
      step()
      this.carryOutAll()
    } catch (error) {
      this.undo()
      throw error
    }
  }

  /** Carries out the effects of the actors at work, down to `floor`. */
  protected carryOutAll(floor?: Frame): void {
    for (let frame = this.top; frame !== undefined && frame !== floor; frame = this.top) {
      const effect = frame.effects[frame.next]
      if (effect !== undefined) {
        frame.next++
        this.#carryOut(effect, frame)
      } else if (!frame.parentNotified) {
        frame.parentNotified = true
        this.tellParent(frame)
        if (frame.replaced !== undefined) {
          frame.effects = frame.replaced.effects
          frame.next = 0
        }
      } else {
        const delivery = frame.cell.inbox.shift()
        if (delivery !== undefined) this.takeWaiting(frame.cell, delivery)
        else {
          frame.cell.busy = false
          this.top = frame.below
        }
      }
    }
  }

  #carryOut(effect: Effect, frame: Frame): void {
    switch (effect.type) {
      case 'send':
        this.send(effect.to, effect.event, frame)
        break
      case 'spawn':
        if (frame.replaced === undefined) this.spawnChild(frame, effect.ref, effect.input)
        else this.skipChild(frame, effect.ref)
        break
      case 'stop':
        this.stop(effect.to, frame.seq)
        break
      // Timers are part of the state already. The other effects wait for the publication.
    }
  }
}

function hasTimer({ state }: Cell, timer: ScheduledTimer): boolean {
  return timerOf(state.timers, timer) !== undefined
}
