import type { OutcryError } from '../../../errors/outcry-error.ts'
import type { Store } from '../../../store/store.ts'
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

export interface PassivationOptions {
  /** Actors kept in memory; beyond that the longest unused go first. */
  readonly residentMax: number
  /** An actor that took nothing for so long goes too. */
  readonly idleMs: number
}

/** Actors looked at between two commits for one that is idle. */
const LOOKS = 64

export const DEFAULT_PASSIVATION: PassivationOptions = { residentMax: 100_000, idleMs: 600_000 }

/** The actors in memory, and the way back into it for the others. */
export class Residents implements Actors {
  /** Roughly in order of last use: an actor that was used goes to the end when it comes to the front, see `surplus`. */
  readonly #cells = new Map<Address, Cell>()
  /** Actors whose records could not be read back, and why. */
  readonly #lost = new Map<Address, OutcryError>()
  /** Kept as it changes: whoever asks how many there are goes over nobody else. */
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

  /** Actors that take no message until somebody publications them, as durable records have it. All are in memory. */
  get quarantined(): ReadonlySet<Address> {
    return this.#quarantined
  }

  /** What a durable record, or a start, says of an actor. */
  noteStanding(address: Address, { condition, snapshot }: Pick<ActorState, 'condition' | 'snapshot'>): void {
    if (condition === 'quarantined' && snapshot.status === 'active') this.#quarantined.add(address)
    else if (this.#quarantined.size > 0) this.#quarantined.delete(address)
  }

  resident(address: Address): Cell | undefined {
    return this.#cells.get(address)
  }

  /** @throws STORE_CORRUPT, MACHINE_VERSION_UNKNOWN, CHILD_UNKNOWN, UPGRADE_FAILED when an actor cannot be brought back */
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

  /** As `find`, but a passive actor stays passive. */
  read(address: Address): Cell | undefined {
    const resident = this.#cells.get(address)
    if (resident !== undefined) return resident
    const lost = this.#lost.get(address)
    if (lost !== undefined) throw lost
    if (this.#registry.find(address) === undefined) return undefined
    const entry = this.#store.snapshot(address)
    return entry && wakeCell(this.#scope, this.#registry, entry, (parent) => this.read(parent))
  }

  /** A passive actor as the log has it, without logic; undefined where its latest state is not known. */
  findGone(address: Address): Cell | undefined {
    const kind = this.#registry.find(address)
    const entry = kind && !this.#lost.has(address) ? this.#store.snapshot(address) : undefined
    return kind && entry && goneCell(this.#scope, kind, entry)
  }

  /** From here on the actor is not to be had, for this reason. */
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
   * Snapshots of what goes is durable before it leaves memory; an actor that took a message meanwhile stays.
   * `durableSeq`: only what is in the log already may be in a snapshot.
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

  /** Puts down snapshots of those that changed, as far as they are durable, a lot at a time: all at once may not fit into memory. */
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

  /** Some of those who have to go by the options at `now`, roughly those first that were used least lately. */
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

/** False for an actor whose state the log knows neither in its old version nor in the new one. */
function isKnown({ migration }: Cell): boolean {
  return migration === undefined || migration.was !== undefined
}

function passivable(cell: Cell): boolean {
  return !cell.busy && !staysResident(cell) && isKnown(cell)
}
