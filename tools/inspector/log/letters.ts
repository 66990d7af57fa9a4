/** Dead letters that nobody has settled, the latest first: messages that their actors did not take. */
import { activity, actorAt } from './actors.ts'
import { client } from './client.ts'
import { returns } from './connection.ts'
import { loaded } from './loading.ts'

const ADDRESS = 'system/dead-letters'
/** Records that are searched, the latest. */
const SEARCHED = 1_000

export interface Letter {
  readonly seq: number
  readonly at: number
  readonly to: string
  /** Type of the message. */
  readonly type: string
  readonly reason: string
}

/** The rest of a sentence about an actor that takes no message, by the reason of the runtime. */
const REASONS: Readonly<Record<string, string>> = {
  unknown: 'does not exist',
  ended: 'has ended',
  quarantined: 'is in quarantine',
  failed: 'failed on it',
  unreadable: 'cannot be restored',
  stashFull: 'waits, and can keep no more messages',
}

/** Returns the rest of a sentence about the receiver. */
export const whyDead = (reason: string): string => REASONS[reason] ?? `did not take it: ${reason}`

export const letters = loaded<readonly Letter[]>(() => {
  activity.value
  const rev = actorAt(ADDRESS)?.rev
  if (rev === undefined || rev < 2) return undefined
  return { subject: ADDRESS, place: 'now', read: (signal) => read(rev, signal) }
}, 1_000)

let kept: { readonly of: number; readonly rev: number; readonly letters: readonly Letter[] } | undefined

async function read(rev: number, signal: AbortSignal): Promise<readonly Letter[]> {
  const of = returns.peek()
  if (kept?.of === of && kept.rev === rev) return kept.letters
  const query = { reverse: true, limit: SEARCHED }
  const { records } = await client.ask('history', { params: { address: ADDRESS }, query, signal })
  const settled = new Set(records.map(({ event }) => event.letter))
  const letters = records.flatMap(({ seq, at, event }) => {
    if (event.type !== 'DEAD_LETTER' || settled.has(seq)) return []
    const { to, event: message, reason, code } = event as Readonly<Record<string, unknown>>
    const { type } = Object(message) as { readonly type?: string }
    return [{ seq, at, to: String(to), type: type ?? '?', reason: String(reason ?? code ?? 'not taken') }]
  })
  kept = { of, rev: records[0]?.rev ?? rev, letters }
  return letters
}
