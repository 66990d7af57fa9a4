import type { ErrorCode } from '../../../errors/codes.ts'
import { isOutcryError, type OutcryError } from '../../../errors/outcry-error.ts'
import type { SnapshotEntry, Store } from '../../../store/store.ts'
import { carriedBlindly, carryOver, goneMigration, hasChild } from '../actors/carry-over.ts'
import type { Cell } from '../actors/cell.ts'
import type { Kind } from '../actors/kind.ts'
import { type PersistedActor, persistCell, restoreCell } from '../actors/persist.ts'
import { findLogic, labelVersion, type Registry, upgradePath } from '../actors/registry.ts'
import { Names } from '../actors/upgrade.ts'
import type { Logger } from '../logger.ts'
import { type Address, childOf, parentOf } from '../record/address.ts'
import type { TransitionRecord } from '../record/record.ts'
import { goneLogic, INIT } from '../xstate/logic.ts'
import type { Scope } from '../xstate/scope.ts'
import { Offsets, type OffsetsState } from './offsets.ts'
import { makeCell, replayRecord } from './replay.ts'
import type { Residents } from './residents.ts'
import { SystemIds } from './system-ids.ts'

export interface Recovered {
  readonly offsets: Offsets
  /** The number of records replayed. */
  readonly records: number
  /** Actors whose migration must be recorded before any other record, because the log's snapshot of them is useless. */
  readonly unrecorded: readonly Cell[]
}

/** The errors of one actor that cannot be restored. All others can. Any other error is the log's and ends the start. */
const OF_ONE_ACTOR: readonly ErrorCode[] = [
  'MACHINE_VERSION_UNKNOWN',
  'CHILD_UNKNOWN',
  'UPGRADE_FAILED',
  'KIND_UNKNOWN',
]

/**
 * Restores the runtime at the end of the log: the last checkpoint and the commits after it. Actors that have not
 * changed since the checkpoint stay passive. Each record is replayed on the version that made it. Then every actor is
 * migrated to the registered version, as a passive actor is when it wakes.
 *
 * @throws REPLAY_DIVERGED, LOG_GAP, STORE_CORRUPT
 */
export async function recover(
  store: Store<TransitionRecord>,
  table: Residents,
  registry: Registry,
  scope: Scope,
  logger: Logger,
): Promise<Recovered> {
  return new Recovery(store, table, registry, scope, logger).run()
}

class Recovery {
  readonly #store: Store<TransitionRecord>
  readonly #table: Residents
  readonly #registry: Registry
  readonly #scope: Scope
  readonly #logger: Logger
  /** Actors replayed on the new machine because the old one is not registered, and their old version. */
  readonly #blind = new Map<Address, string>()

  constructor(
    store: Store<TransitionRecord>,
    table: Residents,
    registry: Registry,
    scope: Scope,
    logger: Logger,
  ) {
    this.#store = store
    this.#table = table
    this.#registry = registry
    this.#scope = scope
    this.#logger = logger
  }

  async run(): Promise<Recovered> {
    const checkpoint = this.#store.checkpoint()
    const state = checkpoint?.state as OffsetsState | undefined
    const offsets = new Offsets(state)
    await offsets.outbox.fetch(this.#store)
    const systemIds = new SystemIds(state?.systemIds, this.#scope)
    for (const actor of state?.behind ?? []) await this.#catchUp(actor as Address, checkpoint?.seq ?? 0)
    let records = 0
    for await (const record of this.#store.read({ fromSeq: (checkpoint?.seq ?? 0) + 1 })) {
      offsets.apply(record)
      records++
      systemIds.before(record)
      this.#replay(record)
      systemIds.after(record)
    }
    offsets.outbox.revive(this.#scope.refOf)
    const unrecorded = await this.#carryAllOver()
    offsets.behind = [...this.#table.lost.keys()]
    return { offsets, records, unrecorded }
  }

  /** Replays the records of an actor that an earlier start could not restore. */
  async #catchUp(actor: Address, toSeq: number): Promise<void> {
    const fromRev = (this.#store.snapshot(actor)?.rev ?? 0) + 1
    for await (const record of this.#store.history(actor, { fromRev })) {
      if (record.seq > toSeq) break
      this.#replay(record)
    }
  }

  #replay(record: TransitionRecord): void {
    const actor = record.actor as Address
    if (this.#table.lost.has(actor)) return
    try {
      const was = this.#table.resident(actor) ?? this.#restore(record)
      // A snapshot taken after the record includes it.
      if (was !== undefined && was.state.rev >= record.rev) return
      this.#table.add(this.#take(was, record))
    } catch (error) {
      if (!isOutcryError(error) || !this.#isOfOne(error, actor)) throw error
      this.#lose(actor, error)
    }
  }

  #isOfOne({ code }: OutcryError, actor: Address): boolean {
    return OF_ONE_ACTOR.includes(code) || (code === 'REPLAY_DIVERGED' && this.#blind.has(actor))
  }

  #lose(actor: Address, err: OutcryError): void {
    this.#table.lose(actor, err)
    this.#logger.error({ err, actor }, `${actor} cannot be restored; the others run`)
  }

  #take(was: Cell | undefined, record: TransitionRecord): Cell {
    const { event, actor } = record
    const kind = this.#registry.kind(actor)
    const version = labelVersion(record.machine)
    if (event.type === INIT && findLogic(kind, version, record.child?.path ?? []) === undefined)
      return this.#startBlindly(kind, version, was, record)
    if (
      was !== undefined &&
      event.type === 'outcry.migrated' &&
      findLogic(kind, event.to, was.path) === undefined
    ) {
      const { seq, rev, at } = record
      const state = {
        ...(persistCell(was).state as PersistedActor),
        version: event.to,
        at,
        snapshot: event.state,
      }
      return this.#carryBlindly(kind, { actor, seq, rev, state })
    }
    return replayRecord(this.#scope, this.#registry, was, record).cell
  }

  #startBlindly(kind: Kind, version: string, was: Cell | undefined, record: TransitionRecord): Cell {
    // Without upgrades to the registered version the replay has no purpose.
    upgradePath(kind, version)
    const path = record.child?.path ?? []
    const address = record.actor as Address
    const above = this.#parentOf(address)
    const isWanted = above === undefined || hasChild(above, address, path)
    const logic = (isWanted ? findLogic(kind, kind.version, path) : undefined) ?? goneLogic
    const cell = makeCell(this.#scope, kind, kind.version, logic, was, record)
    cell.migration = goneMigration(version, undefined)
    this.#goBlind(cell, version)
    return replayRecord(this.#scope, this.#registry, was, record, cell).cell
  }

  /** Restores an actor from its snapshot: on its own version if that is registered, or else migrated at once. */
  #restore({ actor }: TransitionRecord): Cell | undefined {
    const entry = this.#store.snapshot(actor)
    if (entry === undefined) return undefined
    const kind = this.#registry.kind(actor)
    const { version, path = [] } = entry.state as PersistedActor
    const cell =
      findLogic(kind, version, path) === undefined
        ? this.#carryBlindly(kind, entry)
        : restoreCell(this.#scope, kind, entry)
    this.#table.add(cell)
    return cell
  }

  #carryBlindly(kind: Kind, entry: SnapshotEntry): Cell {
    const cell = carryOver(this.#scope, kind, entry, this.#parentOf(entry.actor))
    if (cell.migration === undefined) return cell
    // The records that follow lead past the last state that the log has in the old version.
    cell.migration = { ...cell.migration, was: undefined }
    this.#goBlind(cell, (entry.state as PersistedActor).version)
    return cell
  }

  #goBlind(cell: Cell, version: string): void {
    if (this.#blind.has(cell.address)) return
    this.#blind.set(cell.address, version)
    this.#logger.warn(
      { actor: cell.address, version },
      `${cell.address} is replayed on ${cell.kind.label}: register the machine of version ${version} under "previous" to replay it unchanged`,
    )
  }

  /** Migrates the parents first, because they decide about their children. */
  async #carryAllOver(): Promise<Cell[]> {
    const unrecorded: Cell[] = []
    for (const cell of [...this.#table.cells].sort((a, b) => a.path.length - b.path.length)) {
      const version = this.#blind.get(cell.address)
      if (version === undefined && cell.version === cell.kind.version) continue
      const isActive = cell.state.snapshot.status === 'active'
      try {
        if (!isActive) cell.migration = undefined
        else if (version === undefined) this.#carry(cell)
        else {
          cell.migration = this.#blindMigration(cell, version)
          unrecorded.push(cell)
        }
      } catch (error) {
        if (!isOutcryError(error) || !this.#isOfOne(error, cell.address)) throw error
        if (version !== undefined) this.#lose(cell.address, error)
        else {
          // The actor is whole on its own version, so it becomes passive. The error goes to any caller that wakes it or
          // its child.
          this.#table.remove(cell.address)
          if (cell.persisted.rev < cell.state.rev) await this.#store.putSnapshots([persistCell(cell)])
          this.#logger.error(
            { err: error, actor: cell.address },
            `${cell.address} cannot be restored; the others run`,
          )
        }
      }
    }
    return unrecorded
  }

  #carry(cell: Cell): void {
    const carried = carryOver(this.#scope, cell.kind, persistCell(cell), this.#parentOf(cell.address))
    carried.persisted = cell.persisted
    this.#table.add(carried)
  }

  #parentOf(address: string): Cell | undefined {
    const parent = parentOf(address)
    return parent === undefined ? undefined : this.#table.read(parent)
  }

  #blindMigration(cell: Cell, version: string): Cell['migration'] {
    if (cell.logic === goneLogic) return goneMigration(version, undefined)
    const isThere = (id: string) => {
      const address = childOf(cell.address, id)
      return this.#table.resident(address) !== undefined || this.#store.snapshot(address) !== undefined
    }
    return carriedBlindly(cell, version, cell.migration?.names ?? new Names(), isThere)
  }
}
