/** Children within a turn: they start, stop, and take the place of others. */

import { OutcryError } from '../../../errors/outcry-error.ts'
import { Cell, UNBORN } from '../actors/cell.ts'
import { initOf } from '../actors/signals.ts'
import type { Address } from '../record/address.ts'
import type { Ref } from '../record/ref.ts'
import type { Effect } from '../xstate/effect.ts'
import { childLogic, STOP } from '../xstate/logic.ts'
import { Deliveries } from './delivery.ts'
import type { Frame } from './frame.ts'
import { TurnFailure } from './turn-failure.ts'

export abstract class Children extends Deliveries {
  protected spawnChild(frame: Frame, ref: Ref, input: unknown): void {
    const { cell: parent, seq: cause } = frame
    const src = ref.src as string
    const logic = childLogic(parent.logic, src)
    if (logic === undefined) {
      throw new TurnFailure(parent.address, { type: 'spawn' }, new Error(`no child logic "${src}"`))
    }
    const old = this.context.actors.find(ref.address)
    if (old?.open && old.inbox.some((d) => d.event.type === STOP)) this.#stopAtWork(old, cause)
    else if (old?.open) {
      throw new TurnFailure(
        parent.address,
        { type: 'spawn' },
        new OutcryError(
          'CHILD_EXISTS',
          `${ref.address} is running already`,
          'Stop it first, or give the new child another id.',
        ),
      )
    } else if (old?.busy) this.#endChildren(old)
    const path = [...parent.path, src]
    const cell = new Cell({
      ref,
      kind: parent.kind,
      version: parent.version,
      logic,
      path,
      input,
      state: UNBORN,
    })
    if (old !== undefined) cell.state = { ...UNBORN, rev: old.state.rev, requests: old.state.requests }
    this.add(cell)
    this.take(cell, { event: initOf(input), cause })
    for (const { to, event } of frame.heldForChild ?? [])
      if (to === ref.address) cell.inbox.push({ event, cause })
    frame.heldForChild = frame.heldForChild?.filter(({ to }) => to !== ref.address)
  }

  /** A child of an actor that was replaced before it came to start it never starts: the new one's may have its address. */
  protected skipChild({ heldForChild = [], seq }: Frame, { address }: Ref): void {
    for (const { to, event } of heldForChild) if (to === address) this.toDeadLetter(to, event, 'ended', seq)
  }

  protected stop(to: Address, cause: number): void {
    const cell = this.findAnyhow(to)
    if (cell === undefined) return
    this.bringUp(cell, cause)
    if (cell.state.snapshot.status !== 'active') return
    // What waits for it behind this reaches nobody any more.
    if (cell.busy) cell.inbox.unshift({ event: { type: STOP }, cause })
    else this.take(cell, { event: { type: STOP }, cause })
  }

  /**
   * A child that is replaced while at work is on record as stopped before the new one starts, and its own children are, whose
   * addresses the new one's children take. What it has begun comes last.
   */
  #stopAtWork(cell: Cell, cause: number): void {
    this.#endChildren(cell)
    const frame = this.frame(cell)
    const { effects, next, seq, parentNotified } = frame
    const { snapshot } = cell.state
    this.take(cell, { event: { type: STOP }, cause })
    const rest = this.#stopChildren(frame)
    frame.replaced = { snapshot, effects: rest }
    Object.assign(frame, { effects, next, seq, parentNotified })
    cell.inbox = cell.inbox.filter(({ event }) => event.type !== STOP)
  }

  /** An actor at work stops now which children it still has to stop, before a new one takes its address and theirs. */
  #endChildren(cell: Cell): void {
    const frame = this.frame(cell)
    frame.effects = this.#stopChildren({ ...frame, effects: frame.effects.slice(frame.next) })
    frame.next = 0
  }

  /** Stops the children that the actor is to stop, at once, and theirs. Returns what is left for it to do. */
  #stopChildren({ effects, seq }: Frame): readonly Effect[] {
    for (const effect of effects) {
      const cell = effect.type === 'stop' ? this.findAnyhow(effect.to) : undefined
      if (cell === undefined) continue
      this.bringUp(cell, seq)
      if (cell.state.snapshot.status !== 'active') continue
      if (cell.busy) {
        this.#stopAtWork(cell, seq)
        continue
      }
      this.take(cell, { event: { type: STOP }, cause: seq })
      const frame = this.frame(cell)
      frame.effects = this.#stopChildren(frame)
    }
    return effects.filter(({ type }) => type !== 'stop')
  }
}
