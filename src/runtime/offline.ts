/** Acts on actors of a closed log. */
import type { Store } from '../../store/store.ts'
import type { Machines } from './actors/kind.ts'
import { Registry } from './actors/registry.ts'
import { releasing } from './actors/restart.ts'
import type { Why } from './actors/signals.ts'
import { checkSchema, checkWhy, messageOf, receive } from './commit/intake.ts'
import { silentLogger } from './logger.ts'
import { parseAddress } from './record/address.ts'
import type { AnyEvent, TransitionRecord } from './record/record.ts'
import { recover } from './state/recovery.ts'
import { replayScope } from './state/replay.ts'
import { Residents } from './state/residents.ts'
import { upcasting } from './state/upcasting-store.ts'
import type { Message } from './turn/message.ts'
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
  const { actors, offsets, turnOf } = await opened(store, machines)
  const cell = actors.find(address)
  if (cell === undefined) throw refusal('unknown', address)
  if (cell.state.snapshot.status !== 'active') throw refusal('ended', address)
  if (cell.state.condition !== 'quarantined') throw notQuarantined(address)
  const at = offsets.at ?? cell.state.at
  const event = releasing(at, cell.state, known)
  const seq = store.head.seq + 1
  const turn = turnOf(messageOf(address, event, at, 0))
  turn.signal([{ cell, event }])
  await store.append({ records: recordsOf(turn) })
  return seq
}

/** Gives messages to the actors of a closed log, one after the other. */
export interface OfflineLog {
  /**
   * Lets an actor take an event, with all that follows among the actors, and resolves with the records. No port is asked
   * and no timer fires. The records have the time of the record before them, or the present in an empty log: see
   * `releaseOffline`.
   * @throws ADDRESS_INVALID, ACTOR_UNKNOWN, ACTOR_ENDED, ACTOR_QUARANTINED, EVENT_INVALID, ..., and what a machine throws
   */
  deliver(to: string, event: AnyEvent): Promise<readonly TransitionRecord[]>
}

/** @throws the errors of a start */
export async function openOffline(store: Store<TransitionRecord>, machines: Machines): Promise<OfflineLog> {
  const { registry, offsets, turnOf } = await opened(store, machines)
  return {
    async deliver(text, event) {
      const to = parseAddress(text)
      const at = offsets.at ?? Date.now()
      const message = receive(to, { ...event, at }, { now: () => at, wakeAt() {} })
      checkSchema(registry, to, message.event, at)
      const turn = turnOf(message)
      turn.run()
      if (turn.refusal !== undefined) throw refusal(turn.refusal, to, message.event, turn.unreadable)
      const records = recordsOf(turn)
      await store.append({ records })
      for (const record of records) offsets.apply(record)
      return records
    },
  }
}

/** Recovers the actors. Those that cannot be restored stay untouched. The next start reports them. */
async function opened(store: Store<TransitionRecord>, machines: Machines) {
  const registry = new Registry(machines)
  const scope = replayScope()
  const log = upcasting(store, registry)
  const actors = new Residents(log, registry, scope)
  const { offsets } = await recover(log, actors, registry, scope, silentLogger)
  const context = { actors, registry, scope, ports: NO_PORTS, outbox: offsets.outbox }
  const turnOf = (message: Message) => new Turn(context, offsets.turn + 1, store.head.seq + 1, message)
  return { registry, actors, offsets, turnOf }
}

function recordsOf(turn: Turn): TransitionRecord[] {
  return turn.publications.map(({ record }) => record)
}

const NO_PORTS = { has: () => false }
