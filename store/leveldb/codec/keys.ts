/**
 * The key space. Numbers are padded, so that their order as text is their order as numbers. `\0` ends an address: no
 * address contains it.
 *
 *   c!<seq>          a commit, by its first seq
 *   e!<type>\0<window> blocks of a window of the log that hold records which emit the type: see type-index.ts
 *   h!<actor>\0<rev> commits that hold records of the actor, from this rev on: see history-index.ts
 *   t!<at>           last seq of the commit that raised the greatest `at` of the log so far to this one
 *   s!<actor>        the actor's snapshots, newest first
 *   p!<actor>\0<seq> a snapshot of the actor's past, kept for its history: see snapshot-history.ts
 *   q!<name>         place up to which a durable subscription has handled the log
 *   w!<actor>        time at which the actor wants to be woken
 *   a!<actor>        the actor has a history
 *   m!<name>         facts about the store itself
 */
const DIGITS = 16
/** A character that sorts after every digit. */
const END = '~'

const pad = (n: number) => String(n).padStart(DIGITS, '0')

export const commitKey = (seq: number) => `c!${pad(seq)}`
export const typeKey = (name: string, window: number) => `e!${name}\0${pad(window)}`
export const historyKey = (actor: string, rev: number) => `h!${actor}\0${pad(rev)}`
export const timeKey = (at: number) => `t!${pad(at)}`
export const snapshotKey = (actor: string) => `s!${actor}`
export const pastKey = (actor: string, seq: number) => `p!${actor}\0${pad(seq)}`
export const positionKey = (name: string) => `q!${name}`
export const wakeKey = (actor: string) => `w!${actor}`
export const actorKey = (actor: string) => `a!${actor}`

export const META = {
  format: 'm!format',
  /** The store's id, in hex. */
  id: 'm!id',
  /** Last seq of the commits that name no store; absent when all commits name one. */
  nameless: 'm!nameless',
  codec: 'm!codec',
  epoch: 'm!epoch',
  head: 'm!head',
  live: 'm!live',
  checkpoint: 'm!checkpoint',
  /** The beginning of the log, once older records were deleted. */
  cut: 'm!cut',
  /** The state that the runtime keeps beside the actors, as of the last deleted record. */
  base: 'm!base',
} as const

export const HISTORIES = { gte: 'h!', lt: 'h"' } as const
export const COMMITS = { gte: 'c!', lt: `c!${END}` } as const
export const TIMES = { gte: 't!', lt: `t!${END}` } as const
export const SNAPSHOTS = { gte: 's!', lt: 's"' } as const
export const PASTS = { gte: 'p!', lt: 'p"' } as const
export const POSITIONS = { gte: 'q!', lt: 'q"' } as const
export const WAKES = { gt: 'w!', lt: 'w"' } as const

/**
 * A noncharacter whose UTF-8 sorts after that of every character. Keys with a prefix lie before the prefix plus this.
 */
const LAST = '\u{10FFFF}'

export function actorsRange(
  prefix: string,
  after: string | undefined,
): { gt?: string; gte?: string; lt: string } {
  const lt = prefix === '' ? 'a"' : `${actorKey(prefix)}${LAST}`
  return after !== undefined && after >= prefix ? { gt: actorKey(after), lt } : { gte: actorKey(prefix), lt }
}

/** Returns the range of the entries whose names come after this one, or of all entries. */
export function typesAfter(name: string | undefined): { gt: string; lt: string } {
  return { gt: name === undefined ? 'e!' : `e!${name}\0${END}`, lt: 'e"' }
}

/** Returns the range of times later than `at`. */
export function timesAfter(at: number): { gt: string; lt: string } {
  return { gt: at < 0 ? TIMES.gte : timeKey(Math.min(at, Number.MAX_SAFE_INTEGER)), lt: TIMES.lt }
}

export function historyRange(actor: string): { gte: string; lt: string } {
  return { gte: historyKey(actor, 0), lt: `h!${actor}\0${END}` }
}

/** Returns the range of an actor's past snapshots at or before the seq. */
export function pastRange(actor: string, maxSeq: number): { gte: string; lte: string } {
  return { gte: pastKey(actor, 0), lte: pastKey(actor, Math.max(0, maxSeq)) }
}

/** Returns whether a key is a commit's. A commit has a checksum of its own. */
export const isCommitKey = (key: string) => key.startsWith('c!')
export const seqOfCommitKey = (key: string) => Number(key.slice(2))
export const atOfTimeKey = (key: string) => Number(key.slice(2))
export const revOfHistoryKey = (key: string) => Number(key.slice(-DIGITS))
export const windowOfTypeKey = revOfHistoryKey
export const nameOfTypeKey = (key: string) => key.slice(2, -DIGITS - 1)
export const actorOfHistoryKey = (key: string) => key.slice(2, -DIGITS - 1)
/** Returns the range of all types' windows of one name that come before a window. */
export function typesBefore(name: string, window: number): { gte: string; lt: string } {
  return { gte: typeKey(name, 0), lt: typeKey(name, window) }
}

export const seqOfPastKey = (key: string) => Number(key.slice(-DIGITS))
export const actorOfPastKey = actorOfHistoryKey
export const nameOfPositionKey = (key: string) => key.slice(2)
export const actorOfKey = (key: string) => key.slice(2)
