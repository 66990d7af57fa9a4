/** Migrations within a turn: an actor's migration to its new version is on record before the actor takes an event. */

import { compact } from '../../../errors/compact.ts'
import { isOutcryError } from '../../../errors/outcry-error.ts'
import type { Cell } from '../actors/cell.ts'
import type { Migration } from '../actors/migration.ts'
import { persistState } from '../actors/persist.ts'
import type { Signal } from '../actors/signals.ts'
import { upgradeFailed } from '../actors/upgrade.ts'
import { type Address, childOf } from '../record/address.ts'
import { frozen, plainError, sizeTaken } from '../record/values.ts'
import { goneLogic } from '../xstate/logic.ts'
import { Children } from './children.ts'
import type { Frame } from './frame.ts'
import { TurnFailure } from './turn-failure.ts'

export abstract class Migrating extends Children {
  /** Carries out the effects of the actors at work, down to `floor`. */
  protected abstract carryOutAll(floor?: Frame): void

  /**
   * Records the actor's pending migration. If that fails, the actor stays as the log has it, and the next message tries
   * again.
   * @throws UPGRADE_FAILED; TurnFailure when another actor throws on a consequence
   */
  protected bringUp(cell: Cell, cause: number | null): void {
    const { migration, address, kind } = cell
    if (migration === undefined) return
    const place = this.place()
    try {
      this.#bringUpFamily(cell, cause)
    } catch (error) {
      if (!isOfMigration(error, address)) throw error
      this.undoTo(place)
      // The migration that failed is the parent's, or that of an actor whose system id this one claims.
      if (isOutcryError(error, 'UPGRADE_FAILED')) throw error
      throw upgradeFailed(address, migration.from, kind.version, plainError(error).message, error)
    }
  }

  /** Records the parent's migration first, because the new parent may have no place for the child. */
  #bringUpFamily(cell: Cell, cause: number | null): void {
    const parent = cell.ref._parent && this.context.actors.find(cell.ref._parent.address)
    if (parent !== undefined) this.bringUp(parent, cause)
    const { migration } = cell
    if (migration === undefined) return
    const floor = this.top
    if (cell.logic === goneLogic) this.#drop(cell, cause)
    else this.#recordMigration(cell, migration, cause)
    // The consequences of the migration come before the message.
    this.carryOutAll(floor)
  }

  #recordMigration(
    cell: Cell,
    { from, dropped, started, timers, stash }: Migration,
    cause: number | null,
  ): void {
    this.#settleMigration(cell)
    const { at } = this
    const state = persistState(cell.logic, cell.state.snapshot)
    const planned = timers?.map(({ id, dueAt, delayMs = 0, target, event }) =>
      compact({ id, dueAt: dueAt ?? Math.ceil(at + delayMs), target, event }),
    )
    const event: Signal = {
      type: 'outcry.migrated',
      at,
      from,
      to: cell.version,
      state,
      ...compact({ timers: planned, stash }),
    }
    frozen(event)
    this.stateSize += sizeTaken()
    this.take(cell, { event, cause })
    const frame = this.frame(cell)
    for (const id of dropped) this.#dropAt(childOf(cell.address, id), frame.seq)
    for (const { ref, input } of started) this.spawnChild(frame, ref, input)
  }

  /** Stops an actor that has no place in the new version, and all actors below it. */
  #drop(cell: Cell, cause: number | null): void {
    const { address, migration, state, version, kind } = cell
    this.#settleMigration(cell)
    if (state.snapshot.status !== 'active') return
    const from = migration?.from ?? version
    const children = Object.keys(state.snapshot.children ?? {})
    this.take(cell, { event: { type: 'outcry.dropped', at: this.at, from, to: kind.version }, cause })
    const { seq } = this.frame(cell)
    for (const id of children) this.#dropAt(childOf(address, id), seq)
  }

  /** Drops the child at the address, in memory or not. A dropped child is not migrated first. */
  #dropAt(address: Address, cause: number): void {
    const cell = this.findGone(address)
    if (cell !== undefined) this.#drop(cell, cause)
  }

  #settleMigration(cell: Cell): void {
    const { migration } = cell
    if (migration === undefined) return
    cell.migration = undefined
    this.undoing.push(() => {
      cell.migration = migration
    })
  }
}

/** Returns whether no actor has failed: the actor is not migrated yet, and its new children do not exist yet. */
function isOfMigration(error: unknown, address: Address): boolean {
  if (!(error instanceof TurnFailure)) return true
  if (error.address !== address) return error.address.startsWith(`${address}/`)
  return error.event.type === 'outcry.migrated' || error.event.type === 'spawn'
}
