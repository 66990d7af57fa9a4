/** Starts a recovered runtime: records the pending migrations, and then starts timers, ports and running parts. */

import { OutcryError } from '../../errors/outcry-error.ts'
import type { Cell } from './actors/cell.ts'
import { messageOf, receive } from './commit/intake.ts'
import type { Receipt } from './commit/job.ts'
import type { Parts } from './parts.ts'
import type { PortContext } from './port.ts'
import type { Queries } from './queries.ts'
import { type Address, DEAD_LETTERS, parseAddress } from './record/address.ts'
import { spawnActor } from './spawn.ts'
import { EventClock } from './time/clock.ts'
import { refusal } from './turn/refusal.ts'
import type { Suspicion } from './turn/suspicion.ts'
import { goneLogic } from './xstate/logic.ts'

/** Maximum number of migrations recorded in one turn. */
const MIGRATED_PER_TURN = 1_000

/** The results of the recovery that a start needs. */
export interface Start {
  /** The number of records since the last checkpoint. */
  readonly replayed: number
  /** Actors whose migration must be recorded before any other record. */
  readonly unrecorded: readonly Cell[]
  /** See SupervisorOptions. */
  readonly suspects: Readonly<Record<string, Suspicion>>
}

/** The supervisor that is starting. */
interface Starting extends Queries {
  quarantine(address: string, suspicion: Suspicion): Promise<unknown>
}

export async function startUp(supervisor: Starting, parts: Parts, start: Start): Promise<void> {
  const { clock, clockWatch, store, residents, offsets, timers, ports, publisher, loop, maintenance } = parts
  if (clock instanceof EventClock) clock.resume(offsets.at)
  else await clockWatch?.start(start.replayed)
  await recordMigrations(parts, start.unrecorded)
  for await (const { actor, at } of store.wakes()) {
    const address = actor as Address
    if (at === 0) wake(parts, address)
    else if (residents.resident(address) === undefined) timers.addPassive(address, at)
  }
  // An actor that is restored from here on is in the queue as a passive one.
  for (const cell of residents.cells) {
    timers.addKnownOf(cell)
    residents.noteStanding(cell.address, cell.state)
  }
  // A running part that the new version lacks ends now, because it may never get another message.
  await recordMigrations(parts, [...residents.cells].filter(wasRunning).sort(byAddress))
  if (residents.find(DEAD_LETTERS) === undefined) await spawnActor(parts, DEAD_LETTERS, undefined)
  await quarantineSuspects(supervisor, parts, start.suspects)
  await ports.start((name) => contextOf(name, supervisor, parts))
  publisher.resume(supervisor.unsettled, [...residents.cells])
  timers.start(clockWatch !== undefined, (due) => loop.takeDue(due))
  maintenance.begin()
}

/**
 * Records all migrations together, because that is all that happens to the actors. If a lot fails, it records them one
 * by one, so that the failure stays with one actor.
 */
async function recordMigrations(parts: Parts, cells: readonly Cell[]): Promise<void> {
  const chunks: (readonly Cell[])[] = []
  for (let i = 0; i < cells.length; i += MIGRATED_PER_TURN) chunks.push(cells.slice(i, i + MIGRATED_PER_TURN))
  const results = await Promise.allSettled(chunks.map((chunk) => recordMigrationsOf(parts, chunk)))
  for (const [i, result] of results.entries()) {
    if (result.status === 'fulfilled') continue
    for (const cell of chunks[i] ?? [])
      await recordMigrationsOf(parts, [cell]).catch((error) => lose(parts, cell, error))
  }
}

function recordMigrationsOf({ loop, clock }: Parts, cells: readonly Cell[]): Promise<Receipt> {
  const to = cells[0]?.address as Address
  const message = messageOf(to, { type: 'outcry.signal' }, clock.now(), 0)
  return loop.request(message, 'control', (turn) => turn.migrate(cells))
}

function lose({ loop, logger, residents, offsets }: Parts, { address }: Cell, error: unknown): void {
  if (loop.fence) throw loop.fence
  logger.error({ err: error, actor: address }, `${address} cannot be restored; the others run`)
  residents.lose(
    address,
    error instanceof OutcryError ? error : refusal('unreadable', address, undefined, error),
  )
  offsets.behind = [...residents.lost.keys()]
}

async function quarantineSuspects(
  supervisor: Starting,
  { residents, logger }: Parts,
  suspects: Start['suspects'],
): Promise<void> {
  for (const [address, suspicion] of Object.entries(suspects)) {
    if (residents.resident(address as Address)?.state.condition === 'quarantined') continue
    try {
      await supervisor.quarantine(address, suspicion)
    } catch (err) {
      if (supervisor.fence !== undefined) throw err
      logger.warn({ err, actor: address }, `${address} is not quarantined`)
    }
  }
}

/** Restores an actor. If that fails, the others still start (law 8). */
function wake({ residents, logger }: Parts, address: Address): void {
  try {
    residents.find(address)
  } catch (err) {
    logger.error({ err, actor: address }, 'an actor cannot be restored, and stays passive')
  }
}

/** Compares by address: that order is the same after a stop as after a crash. */
function byAddress(one: Cell, other: Cell): number {
  return one.address < other.address ? -1 : 1
}

function wasRunning({ logic, migration }: Cell): boolean {
  return logic === goneLogic && migration?.was?.wake?.at === 0
}

function contextOf(name: string, queries: Queries, { clock, loop }: Parts): PortContext {
  return {
    now: () => clock.now(),
    getSnapshot: (address) => queries.getSnapshot(address),
    cursor: (source) => queries.cursor(source),
    unsettled: (actor) =>
      queries.unsettled.filter((intent) => intent.actor === actor && intent.port === name),
    send: async (to, event, reply = {}) => {
      await loop.request(receive(parseAddress(to), event, clock, reply), 'execution')
    },
  }
}
