/** The log as of now, with the states that are in memory. */
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import type { ReadableLog } from './actors-at.ts'

/**
 * Resolves with the log as of the last turn that has run, once that is durable. The states of actors whose addresses begin
 * so are taken together, so that they agree; others are replayed. A log that grows fast has so many records behind the last snapshot of a busy actor that its replay would
 * take minutes.
 */
export async function presentLog(
  supervisor: Supervisor,
  prefixes: readonly string[],
  signal: AbortSignal,
): Promise<ReadableLog> {
  const addresses: string[] = []
  for (const prefix of prefixes)
    for await (const address of supervisor.addresses({ prefix, signal })) addresses.push(address)
  const views = new Map<string, ActorView>()
  let { seq } = supervisor
  for (const address of addresses) {
    const view = supervisor.viewNow(address)
    // An actor that cannot be restored is read from the log.
    if (view === undefined || view.unread !== undefined) continue
    views.set(address, view)
    seq = Math.max(seq, view.seq)
  }
  await supervisor.settled()
  return {
    registry: supervisor.registry,
    seq,
    seqAt: (at) => supervisor.seqAt(at),
    addresses: (options) => supervisor.addresses(options),
    stateAt: async (address, to, options) => views.get(address) ?? supervisor.stateAt(address, to, options),
    history: (address, options) => supervisor.history(address, options),
    read: (options) => supervisor.read(options),
  }
}
