/** Events that tell how the run went, from the feed: warnings and worse, and the equity of accounts. */
import { type EventEnvelope, type FeedStatus, isOutcryError } from '../../../src/client/index.ts'
import { client } from './client.ts'
import { comesFrom, onOtherLog, signalOfLog } from './log-id.ts'
import { thinned } from './thinned.ts'

/** Most events of each sort that the page keeps: of notable ones the latest, of values those of its whole time. */
const KEPT = 2_000

/** Most events of before that the page asks for. The server searches its log backwards for them. */
const NOTABLE_TAIL = 100
const VALUES_TAIL = 300

/** Types of events that a person may have to look at. */
export const NOTABLE = [
  'ORDER_REJECTED',
  'ORDER_DENIED',
  'ORDER_OVERFILLED',
  'ORDER_DISCREPANCY',
  'ORDER_CANCEL_REJECTED',
  'ORDER_REPLACE_REJECTED',
  'ORDER_LIST_REJECTED',
  'RECONCILIATION_DIFFERENCE',
  'PROTECTIVE_ORDERS_MISSING',
  'TRADING_BLOCKED',
  'LIMIT_BREACHED',
  'CIRCUIT_BREAKER_TRIGGERED',
  'MANUAL_REVIEW_REQUIRED',
  'ACCOUNT_NOT_FLAT',
  'POSITION_NOT_CLOSED',
  'DATA_STALE',
  'SYSTEM_ERROR',
  'COMPONENT_FAILED',
  'SYMBOL_FLAGGED',
] as const

/** The types that say that something failed, and not only that it was refused. */
const GRAVE: readonly string[] = [
  'ORDER_OVERFILLED',
  'ORDER_DISCREPANCY',
  'PROTECTIVE_ORDERS_MISSING',
  'CIRCUIT_BREAKER_TRIGGERED',
  'MANUAL_REVIEW_REQUIRED',
  'ACCOUNT_NOT_FLAT',
  'POSITION_NOT_CLOSED',
  'SYSTEM_ERROR',
  'COMPONENT_FAILED',
]
export const isGrave = ({ type }: { readonly type: string }): boolean => GRAVE.includes(type)

/** Notable events in the order of the log. */
export const notable = signalOfLog<readonly EventEnvelope[]>([])
/** Values of accounts in the order of the log: at most one a second of each, and fewer of a long time. */
export const values = signalOfLog<readonly EventEnvelope[]>([])
/** Grows when the page has let go of notable events, after each KEPT of them. */
export const forgotten = signalOfLog(0)

/** True once the notable events of before have come. */
export const isCaughtUp = signalOfLog(false)

/** Ends the connections of a log. */
let ending = new AbortController()
onOtherLog(() => {
  ending.abort()
  ending = new AbortController()
})

/** Follows the feed from now on. */
export function followNews(): void {
  const notableTopics = NOTABLE.map((type) => `events.${type.toLowerCase()}.>`)
  let gone = 0
  const latest = (events: readonly EventEnvelope[]) => {
    gone += Math.max(0, events.length - KEPT)
    if (gone >= KEPT) {
      gone = 0
      forgotten.value++
    }
    return events.slice(-KEPT)
  }
  void follow(notableTopics, notable, NOTABLE_TAIL, latest, {})
  let isFollowed = false
  // The matters for a person come first: two searches at once would hold each other up.
  isCaughtUp.subscribe((isDone) => {
    if (!isDone || isFollowed) return
    isFollowed = true
    const some = (events: readonly EventEnvelope[]) => thinned(events, KEPT)
    void follow(['events.portfolio_value.>'], values, VALUES_TAIL, some, { throttleMs: 1_000 })
  })
}

async function follow(
  topics: string[],
  into: typeof notable,
  tail: number,
  kept: (events: readonly EventEnvelope[]) => readonly EventEnvelope[],
  options: { readonly throttleMs?: number },
): Promise<void> {
  let waiting: EventEnvelope[] = []
  let isDue = false
  const put = () => {
    isDue = false
    into.value = kept([...into.value, ...waiting])
    waiting = []
  }
  onOtherLog(() => {
    waiting = []
  })
  // The feed goes on by itself after a lost connection.
  for (;;) {
    const from = into.value.at(-1)?.seq
    const { signal } = ending
    try {
      const place = from === undefined ? { tail } : { since: from }
      const onStatus = (is: FeedStatus) => {
        if (is.status === 'open') comesFrom(is.log)
        if (is.status === 'caughtUp' && into === notable) isCaughtUp.value = true
      }
      for await (const item of client.feed({ topics, ...place, ...options, onStatus, signal })) {
        if (!('event' in item)) continue
        waiting.push(item as EventEnvelope)
        if (isDue) continue
        isDue = true
        setTimeout(put, 250)
      }
    } catch (error) {
      // A program without such kinds has no such events. The server may have another log, which begins anew.
      isCaughtUp.value = true
      if (!isOutcryError(error) || !['SEQ_LOST', 'SEQ_UNKNOWN', 'FEED_GAP'].includes(error.code)) return
      into.value = []
    }
  }
}
