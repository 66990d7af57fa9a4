/** Reads the events of a running runner through its feed. */
import type { Client } from '../../src/client/index.ts'
import type { EventEnvelope } from '../../src/runtime/events/envelope.ts'
import { note } from './output.ts'
import type { WantedEvents } from './wanted-events.ts'

/**
 * Yields the events of the past, and with `isFollowed` the new ones without an end.
 * @throws SUBSCRIPTION_UNMATCHED, SEQ_LOST, RUNNER_UNREACHABLE, ...
 */
export async function* runnerEvents(
  client: Client,
  { topics, filter: { to, ...filter }, tail, since }: WantedEvents,
  isFollowed: boolean,
): AsyncGenerator<EventEnvelope> {
  if (tail === 0 && !isFollowed) return
  const { from } = filter
  const begin =
    since ??
    (tail !== undefined
      ? undefined
      : from === undefined
        ? await beforeFirst(client)
        : await seqAt(client, from - 1))
  let end = to === undefined ? Number.POSITIVE_INFINITY : await seqAt(client, to)
  const ending = new AbortController()
  let hasAll = false
  let searchedFrom = 1
  let count = 0
  let isWaiting = false
  let idle: NodeJS.Immediate | undefined
  /** The last ones, where no more are wanted: others may come before the past has. */
  const last: EventEnvelope[] | undefined = tail === undefined || isFollowed ? undefined : []
  // Items that have come are taken within the same turn of the event loop. So one that waits longer has had them all.
  const endIfIdle = () => {
    if (hasAll && isWaiting) idle = setImmediate(() => ending.abort())
  }
  const items = client.feed({
    topics,
    filter: begin === undefined && to !== undefined ? { ...filter, to } : filter,
    ...(begin !== undefined ? { since: begin } : tail ? { tail } : {}),
    signal: ending.signal,
    onStatus: (now) => {
      if (now.status !== 'caughtUp') return
      searchedFrom = now.tailFrom ?? 1
      if (isFollowed) return
      hasAll = true
      end = Math.min(end, now.seq)
      endIfIdle()
    },
  })
  try {
    for (;;) {
      isWaiting = true
      endIfIdle()
      const { done, value: item } = await items.next()
      isWaiting = false
      clearImmediate(idle)
      if (done || item.seq > end) break
      if ('record' in item || (to !== undefined && item.at > to)) continue
      const { topic: _, class: __, ...envelope } = item
      count++
      if (last === undefined) yield envelope
      else if (last.push(envelope) > (tail ?? 0)) last.shift()
    }
  } finally {
    await items.return()
  }
  yield* last ?? []
  const isPart = tail !== undefined && count < tail && searchedFrom > 1
  if (isPart && searchedFrom > (await beforeFirst(client)) + 1)
    note(`the search began at seq ${searchedFrom}: name types, or give --from, to look further back`)
}

/** Resolves with the last seq before the log's time first passes `at`. */
async function seqAt(client: Client, at: number): Promise<number> {
  const { seq } = await client.events({ to: at, tail: 1 })
  return seq
}

/** Returns the seq before the log's first record: of a log that was cut that is not 0. */
export async function beforeFirst(client: Client): Promise<number> {
  return (await client.ask('timeline', { query: { points: 1 } })).fromSeq
}
