/** Acts on an actor of a closed log. */
import type { Store } from '../../store/store.ts'
import type { Machines } from './actors/kind.ts'
import { Registry } from './actors/registry.ts'
import { releasing } from './actors/restart.ts'
import type { Why } from './actors/signals.ts'
import { checkWhy, messageOf } from './commit/intake.ts'
import { silentLogger } from './logger.ts'
import { parseAddress } from './record/address.ts'
import type { TransitionRecord } from './record/record.ts'
import { recover } from './state/recovery.ts'
import { replayScope } from './state/replay.ts'
import { Residents } from './state/residents.ts'
import { upcasting } from './state/upcasting-store.ts'
import { notQuarantined, refusal } from './turn/refusal.ts'
import { Turn } from './turn/turn.ts'

/**
 * Releases an actor of a closed log from quarantine, and returns the seq of the record. Nothing else happens: no timer
 * fires, no port is asked, and the next start continues from there. The record has the time of the record before it,
 * because only the program that runs the log knows whether its time is the system's or a market's.
 * @throws ADDRESS_INVALID, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_NOT_QUARANTINED, and the errors of a start
 */
export async function releaseOffline(
  store: Store<TransitionRecord>,
  machines: Machines,
  text: string,
  why: Why = {},
): Promise<number> {
  const address = parseAddress(text)
  const known = checkWhy(why)
  const registry = new Registry(machines)
  const scope = replayScope()
  const log = upcasting(store, registry)
  const actors = new Residents(log, registry, scope)
  // Other actors that cannot be restored stay untouched. The next start reports them.
  const { offsets } = await recover(log, actors, registry, scope, silentLogger)
  const cell = actors.find(address)
  if (cell === undefined) throw refusal('unknown', address)
  if (cell.state.snapshot.status !== 'active') throw refusal('ended', address)
  if (cell.state.condition !== 'quarantined') throw notQuarantined(address)
  const at = offsets.at ?? cell.state.at
  const event = releasing(at, cell.state, known)
  const seq = store.head.seq + 1
  const context = { actors, registry, scope, ports: NO_PORTS, outbox: offsets.outbox }
  const turn = new Turn(context, offsets.turn + 1, seq, messageOf(address, event, at, 0))
  turn.signal([{ cell, event }])
  const records = turn.publications.map(({ record }) => record)
  await store.append({ records })
  return seq
}

const NO_PORTS = { has: () => false }
