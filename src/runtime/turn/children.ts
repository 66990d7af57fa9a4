/** Starts, stops and replaces children within a turn. */

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

  /**
   * Moves the messages held for a child to dead letters when its parent was replaced before it started the child. The
   * child never starts, because a child of the new actor may have its address.
   */
  protected skipChild({ heldForChild = [], seq }: Frame, { address }: Ref): void {
    for (const { to, event } of heldForChild) if (to === address) this.toDeadLetter(to, event, 'ended', seq)
  }

  protected stop(to: Address, cause: number): void {
    const cell = this.findAnyhow(to)
    if (cell === undefined) return
    this.bringUp(cell, cause)
    if (cell.state.snapshot.status !== 'active') return
    // The stop goes first. Messages behind it become dead letters.
    if (cell.busy) cell.inbox.unshift({ event: { type: STOP }, cause })
    else this.take(cell, { event: { type: STOP }, cause })
  }

  /**
   * Records a child that is replaced while at work as stopped, with its own children, before the new child starts: the
   * new one's children take their addresses. The old child carries out the rest of its effects last.
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

  /** Stops the children that the actor's remaining effects stop, before a new actor takes its address and theirs. */
  #endChildren(cell: Cell): void {
    const frame = this.frame(cell)
    frame.effects = this.#stopChildren({ ...frame, effects: frame.effects.slice(frame.next) })
    frame.next = 0
  }

  /** Stops at once the children that the effects stop, and all children below them. Returns the other effects. */
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
