/** Brings a recovered runtime to life: what a start puts on record, then timers, ports and running parts. */

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

/** Migrations that are put on record in one turn. */
const MIGRATED_PER_TURN = 1_000

/** What a start has found in the log. */
export interface Start {
  /** Records since the last checkpoint. */
  readonly replayed: number
  /** Actors whose migration has to be on record before anything else. */
  readonly unrecorded: readonly Cell[]
  /** See SupervisorOptions. */
  readonly suspects: Readonly<Record<string, Suspicion>>
}

/** The supervisor that starts. */
interface Starting extends Queries {
  quarantine(address: string, suspicion: Suspicion): Promise<unknown>
}

export async function startUp(supervisor: Starting, parts: Parts, start: Start): Promise<void> {
  const { clock, clockWatch, store, residents, offsets, timers, ports, publisher, loop } = parts
  if (clock instanceof EventClock) clock.resume(offsets.at)
  else await clockWatch?.start(start.replayed)
  await recordMigrations(parts, start.unrecorded)
  for await (const { actor, at } of store.wakes()) {
    const address = actor as Address
    if (at === 0) wake(parts, address)
    else if (residents.resident(address) === undefined) timers.addPassive(address, at)
  }
  // Who comes into memory from here on is in the queue as a passive actor.
  for (const cell of residents.cells) {
    timers.addKnownOf(cell)
    residents.noteStanding(cell.address, cell.state)
  }
  // A running part that the new version has no place for ends now: nobody may ever send to it again.
  await recordMigrations(parts, [...residents.cells].filter(wasRunning).sort(byAddress))
  if (residents.find(DEAD_LETTERS) === undefined) await spawnActor(parts, DEAD_LETTERS, undefined)
  await quarantineSuspects(supervisor, parts, start.suspects)
  await ports.start((name) => contextOf(name, supervisor, parts))
  publisher.resume(supervisor.unsettled, [...residents.cells])
  timers.start(clockWatch !== undefined, (due) => loop.takeDue(due))
}

/** All at once, for nothing else is to be known of them; where that fails one by one, for the failure is one actor's. */
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
  logger.error({ err: error, actor: address }, `${address} cannot be brought back; the others run`)
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
      logger.warn({ err, actor: address }, `${address} is not put into quarantine`)
    }
  }
}

/** One actor that cannot be brought back keeps nobody else from starting (law 8). */
function wake({ residents, logger }: Parts, address: Address): void {
  try {
    residents.find(address)
  } catch (err) {
    logger.error({ err, actor: address }, 'an actor cannot be brought back, and stays passive')
  }
}

/** The same order after a stop as after a crash. */
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
