import { isOutcryError, type OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../../store/store.ts'
import { SNAPSHOTS_SIZE_MAX } from '../actors/bounds.ts'
import { goneCell } from '../actors/carry-over.ts'
import type { ActorState, Cell } from '../actors/cell.ts'
import { sizeOfActor } from '../actors/holding.ts'
import { persistCell, staysResident } from '../actors/persist.ts'
import type { Registry } from '../actors/registry.ts'
import type { Address } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import type { Actors } from '../turn/turn-context.ts'
import type { Scope } from '../xstate/scope.ts'
import { wakeCell } from './replay.ts'
import { asStored } from './upcasting-store.ts'

export interface PassivationOptions {
  /** Maximum number of actors in memory. Above it, the actors unused for longest leave first. */
  readonly residentMax: number
  /** An actor that took no message for so long leaves memory, too. */
  readonly idleMs: number
}

/** Number of actors that are examined for idleness between two commits. */
const LOOKS = 64

export const DEFAULT_PASSIVATION: PassivationOptions = { residentMax: 100_000, idleMs: 600_000 }

/** The actors in memory. Restores the others when they are needed. */
export class Residents implements Actors {
  /** Roughly in order of last use: a used actor moves to the end when it comes to the front. See `surplus`. */
  readonly #cells = new Map<Address, Cell>()
  /** Actors whose records could not be replayed, with the error. */
  readonly #lost = new Map<Address, OutcryError>()
  /** This set is updated at each change, so that a count need not search all actors. */
  readonly #quarantined = new Set<Address>()
  readonly #store: Store<TransitionRecord>
  readonly #registry: Registry
  readonly #scope: Scope

  constructor(store: Store<TransitionRecord>, registry: Registry, scope: Scope) {
    this.#store = store
    this.#registry = registry
    this.#scope = scope
  }

  get size(): number {
    return this.#cells.size
  }

  get cells(): IterableIterator<Cell> {
    return this.#cells.values()
  }

  /** The actors in quarantine, according to durable records. All of them are in memory. */
  get quarantined(): ReadonlySet<Address> {
    return this.#quarantined
  }

  /** Notes the condition that a durable record, or a start, gives an actor. */
  noteStanding(address: Address, { condition, snapshot }: Pick<ActorState, 'condition' | 'snapshot'>): void {
    if (condition === 'quarantined' && snapshot.status === 'active') this.#quarantined.add(address)
    else if (this.#quarantined.size > 0) this.#quarantined.delete(address)
  }

  resident(address: Address): Cell | undefined {
    return this.#cells.get(address)
  }

  /**
   * Returns the actor, and restores a passive one.
   * @throws STORE_CORRUPT, MACHINE_VERSION_UNKNOWN, CHILD_UNKNOWN, UPGRADE_FAILED when an actor cannot be restored
   */
  find(address: Address): Cell | undefined {
    const cell = this.#cells.get(address)
    if (cell !== undefined) return cell
    const woken = this.read(address)
    if (woken !== undefined) {
      this.#cells.set(address, woken)
      this.noteStanding(address, woken.state)
    }
    return woken
  }

  /** Returns the actor as `find` does, but a passive actor stays passive. */
  read(address: Address): Cell | undefined {
    const resident = this.#cells.get(address)
    if (resident !== undefined) return resident
    const lost = this.#lost.get(address)
    if (lost !== undefined) throw lost
    if (this.#registry.find(address) === undefined) return undefined
    const entry = this.#store.snapshot(address)
    return entry && wakeCell(this.#scope, this.#registry, entry, (parent) => this.read(parent))
  }

  /** Returns the snapshot of a passive actor; undefined when `read` has better, or refuses it. @throws as `read` */
  stored(address: Address): SnapshotEntry | undefined {
    const isKnown = this.#cells.has(address) || this.#lost.has(address)
    return isKnown || this.#registry.find(address) === undefined ? undefined : this.#store.snapshot(address)
  }

  /** Returns a passive actor as the log has it, without logic. Undefined when its latest state is unknown. */
  findGone(address: Address): Cell | undefined {
    const kind = this.#registry.find(address)
    const entry = kind && !this.#lost.has(address) ? this.#snapshotAnyhow(address) : undefined
    return kind && entry && goneCell(this.#scope, kind, entry)
  }

  /** Returns the snapshot under the names of then where an upcaster fails: it may be why the actor cannot be restored. */
  #snapshotAnyhow(address: Address): SnapshotEntry | undefined {
    try {
      return this.#store.snapshot(address)
    } catch (error) {
      if (!isOutcryError(error, 'UPGRADE_FAILED')) throw error
      return asStored(this.#store).snapshot(address)
    }
  }

  /** Makes the actor unavailable from now on, with this error. */
  lose(address: Address, error: OutcryError): void {
    this.#cells.delete(address)
    this.#quarantined.delete(address)
    this.#lost.set(address, error)
  }

  get lost(): ReadonlyMap<Address, OutcryError> {
    return this.#lost
  }

  add(cell: Cell): void {
    this.#cells.set(cell.address, cell)
  }

  remove(address: Address): void {
    this.#cells.delete(address)
  }

  /**
   * Moves actors out of memory after their snapshots are durable. An actor that took a message meanwhile stays. Only
   * records up to `durableSeq` are in the log, so only they may be in a snapshot.
   */
  async passivate(victims: readonly Cell[], durableSeq: number): Promise<number> {
    const able = victims.filter((cell) => cell.state.seq <= durableSeq && passivable(cell))
    const states = able.map((cell) => cell.state)
    await this.persist(able)
    let gone = 0
    for (const [i, cell] of able.entries()) {
      if (cell.state !== states[i] || this.#cells.get(cell.address) !== cell || cell.busy) continue
      this.#cells.delete(cell.address)
      gone++
    }
    return gone
  }

  /**
   * Writes snapshots of the actors that changed, as far as their records are durable. It writes a lot at a time,
   * because all at once may not fit into memory.
   */
  async persist(cells: readonly Cell[]): Promise<void> {
    let lot: Cell[] = []
    let size = 0
    for (const cell of cells) {
      // Turns may have run while the last lot was written.
      const isDurable = cell.state.seq <= this.#store.head.seq
      if (cell.persisted.rev >= cell.state.rev || !isDurable || !isKnown(cell)) continue
      lot.push(cell)
      size += sizeOfActor(cell.state)
      if (size < SNAPSHOTS_SIZE_MAX) continue
      await this.#persistLot(lot)
      lot = []
      size = 0
    }
    if (lot.length > 0) await this.#persistLot(lot)
  }

  async #persistLot(cells: readonly Cell[]): Promise<void> {
    const entries = cells.map(persistCell)
    await this.#store.putSnapshots(entries)
    for (const [i, cell] of cells.entries()) {
      const { rev, seq } = entries[i]!
      if (rev > cell.persisted.rev) cell.persisted = { rev, seq }
    }
  }

  /** Returns at most `max` of the actors that must leave memory at `now`, roughly the least recently used first. */
  surplus({ residentMax, idleMs }: PassivationOptions, now: number, max: number): Cell[] {
    const victims: Cell[] = []
    let looks = LOOKS + 4 * Math.max(0, this.#cells.size - residentMax)
    for (const cell of this.#cells.values()) {
      const isOver = this.#cells.size - victims.length > residentMax
      const isIdle = cell.state.at + idleMs <= now
      const wasUsed = cell.state.seq !== cell.queuedSeq
      if (looks-- <= 0 || victims.length >= max || !(isOver || isIdle || wasUsed)) break
      if ((isIdle || (isOver && !wasUsed)) && passivable(cell)) victims.push(cell)
      else this.#queueAgain(cell)
    }
    return victims
  }

  #queueAgain(cell: Cell): void {
    cell.queuedSeq = cell.state.seq
    this.#cells.delete(cell.address)
    this.#cells.set(cell.address, cell)
  }
}

/** Returns false for an actor whose state the log has neither in its old version nor in the new one. */
function isKnown({ migration }: Cell): boolean {
  return migration === undefined || migration.was !== undefined
}

function passivable(cell: Cell): boolean {
  return !cell.busy && !staysResident(cell) && isKnown(cell)
}
