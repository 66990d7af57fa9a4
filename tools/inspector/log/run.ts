/** The run as a whole at the moment: accounts and strategies, the health of the server, and recent failures. */
import { computed } from '@preact/signals'
import type { AnswerOf, Routes } from '../../../src/client/index.ts'
import { moment } from '../state/place.ts'
import { activity, allActors, failed, head, isWhole, membership, troubleOf } from './actors.ts'
import { client } from './client.ts'
import { loaded } from './loading.ts'
import { forgotten, NOTABLE, values } from './news.ts'
import { steady } from './steady.ts'
import { beat } from './vitals.ts'

export type RunState = AnswerOf<Routes['state']>
export type Account = RunState['accounts'][number]
export type Strategy = RunState['strategies'][number]
export type Health = AnswerOf<Routes['health']>
export type Failures = AnswerOf<Routes['failures']>

/** Accounts and strategies at the moment. The views need them, so they do not wait for searches. */
export const run = loaded<RunState>(() => {
  const seq = moment.value
  if (seq === undefined) activity.value
  return {
    subject: seq === undefined ? 'live' : String(seq),
    place: seq ?? 'now',
    read: (signal) =>
      client.ask('state', { query: { brief: true, ...(seq !== undefined && { seq }) }, signal }),
  }
}, 500)

/** True when the list and the figures are here: the server searches for the rest, which would hold them up. */
export const areFiguresKnown = computed(
  () => isWhole.value && (run.value.value !== undefined || run.fault.value !== undefined),
)

/** The health of the server: always now, because the past has none. */
export const health = loaded<Health>(() => {
  activity.value
  // A component may be unwell although nothing moves.
  beat.value
  return { subject: 'health', place: 'now', read: (signal) => client.ask('health', { signal }) }
}, 2_000)

/** The actors in trouble, as text. Failures are asked for anew when one comes or goes, and not with each actor. */
const troubled = computed(() => {
  membership.value
  const found: string[] = []
  for (const actor of allActors()) if (troubleOf(actor) !== undefined) found.push(actor.address)
  return found.join()
})

export const failures = loaded<Failures>(() => {
  failed.value
  troubled.value
  if (!areFiguresKnown.value) return undefined
  return {
    subject: 'failures',
    place: 'whole',
    isSearch: true,
    read: (signal) => client.ask('failures', { signal }),
  }
}, 2_000)

/** The time of the first record of the log: where the time line begins. Every log begins with the same actor. */
export const beginning = loaded<number | undefined>(() => {
  if (!isWhole.value) return undefined
  const params = { address: 'system/dead-letters' }
  return {
    subject: 'beginning',
    place: 'whole',
    read: async (signal) =>
      (await client.ask('history', { params, query: { limit: 1 }, signal })).records[0]?.at,
  }
})

/** Points in which the whole log is read for its marks: as many as a wide window shows apart. */
const POINTS = 400
/** Points in which it is read for values. In a long log each takes the reading of another file of the archive. */
const VALUE_POINTS = 120

/** The marks of the whole log in few points, as it was: what came later is in the news. */
export const stretch = loaded(() => {
  forgotten.value
  if (!areFiguresKnown.value) return undefined
  const query = { points: POINTS, mark: NOTABLE.join(',') }
  return {
    subject: 'marks',
    place: 'whole',
    isSearch: true,
    read: (signal) => client.ask('timeline', { query, signal }),
  }
})

const isMarked = computed(() => stretch.value.value !== undefined || stretch.fault.value !== undefined)

/** Most accounts whose values are read: those of each take a reading of their own. */
const ACCOUNTS_MAX = 4

const accounts = steady(() => {
  membership.value
  const all = [...allActors()].filter(({ kind }) => kind === 'account')
  return all.map(({ address }) => address).sort()
})

/** The values of accounts in few points of the whole log, as it was when the page came. */
const valued = loaded(() => {
  // The marks come first, because they are found faster.
  if (!isMarked.value || accounts.value.length === 0) return undefined
  const of = accounts.value.slice(0, ACCOUNTS_MAX)
  return {
    subject: of.join(),
    place: 'whole',
    isSearch: true,
    read: async (signal) => {
      const query = { points: VALUE_POINTS, follow: 'PORTFOLIO_VALUE' }
      const ask = (actor: string) => client.ask('timeline', { query: { ...query, actor }, signal })
      const found = await Promise.all(of.map(ask))
      const events = found.flatMap(({ points }) => points.flatMap(({ last = [] }) => last))
      return { events, toSeq: Math.min(...found.map(({ toSeq }) => toSeq)) }
    },
  }
})

/** Values of accounts in the order of the log: those of its points, and each that has come since. */
export const worth = computed(() => {
  const { events = [], toSeq = 0 } = valued.value.value ?? {}
  const before = events.filter(({ seq }) => seq <= toSeq).sort((a, b) => a.seq - b.seq)
  return [...before, ...values.value.filter(({ seq }) => seq > toSeq)]
})

/** The seq of the moment: of the end of the log when it is live. */
export const seqNow = computed(() => moment.value ?? head.value.seq)
