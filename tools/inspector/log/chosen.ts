/** The chosen actor at the moment: its state, its records, and the step that the last of them was. */
import { computed } from '@preact/signals'
import type { ActorView, AnswerOf, Routes, TransitionRecord } from '../../../src/client/index.ts'
import type { Coverage, TakenTransition, TransitionCount } from '../chart/index.tsx'
import { choice, moment } from '../state/place.ts'
import { activity, actorAt, know } from './actors.ts'
import { client } from './client.ts'
import { returns } from './connection.ts'
import { loaded } from './loading.ts'
import { onOtherLog, signalOfLog } from './log-id.ts'

type DetailedRecord = AnswerOf<Routes['history']>['records'][number]
export type Change = NonNullable<DetailedRecord['changed']>[number]

/** Records that are read around the moment at once. */
const PAGE = 200
/** Least ms between two readings of an actor that moves. */
const LEAST_MS = 150

/** The latest rev of the chosen actor; 0 while no such actor is known. */
export const latestRev = computed(() => {
  activity.value
  return actorAt(choice.value)?.rev ?? 0
})

/** Records of an actor, in the order of rev, without a gap. */
export interface Life {
  readonly address: string
  readonly records: readonly TransitionRecord[]
  /**
   * The first record of its life that there is: earlier ones may have been deleted. Undefined when there is no such actor, or when
   * all its records were deleted.
   */
  readonly first: TransitionRecord | undefined
}

/** The actor as it was at the moment, and its place in its life. */
export interface Chosen {
  readonly address: string
  /** Absent when the actor does not exist, or did not exist yet at the moment. */
  readonly actor: ActorView | undefined
  /** The changes that its last record made. */
  readonly changed: readonly Change[]
  /** The transitions that its last record took. */
  readonly taken: readonly TakenTransition[]
  readonly life: Life
}

const isKnown = computed(() => latestRev.value > 0)

/** The actor and its records around the moment. One question reads both, so that they are of the same place. */
export const chosen = loaded<Chosen>(() => {
  const address = choice.value
  const at = moment.value
  if (address === '') return undefined
  // Live, it is read again whenever it has moved.
  const version = at === undefined ? latestRev.value : at
  const known = isKnown.value
  return {
    subject: `${address}@${at === undefined ? 'live' : 'then'}`,
    place: at ?? 'now',
    about: address,
    read: (signal) => read(address, known, at, version, signal),
  }
}, LEAST_MS)

/** The last answer, the connection that it is of, and its moment: a step needs little that is new. */
let kept: { readonly of: number; readonly at: number | undefined; readonly is: Chosen } | undefined

async function read(
  address: string,
  isKnown: boolean,
  at: number | undefined,
  latest: number,
  signal: AbortSignal,
): Promise<Chosen> {
  const nothing = { address, actor: undefined, changed: [], taken: [] }
  // The browser's console would show the server's refusal of an unknown address.
  if (!(isKnown || (await isListed(address, signal))))
    return { ...nothing, life: { address, records: [], first: undefined } }
  const of = returns.peek()
  const has = kept?.of === of && kept.is.address === address ? kept.is : undefined
  // The actor became known while it was read, which changes nothing of its past.
  if (has !== undefined && kept?.at === at && (at !== undefined || (has.actor?.rev ?? 0) >= latest))
    return has
  const before = has?.life.records ?? []
  const first = has?.life.first ?? (await records(address, { limit: 1 }, signal))[0]
  // Before the first record that there is, an actor whose earlier ones were deleted was there, too.
  const least = first?.rev ?? Number.POSITIVE_INFINITY
  if (first?.rev === 1 && at !== undefined && at < first.seq)
    return { ...nothing, life: { address, records: before, first } }
  const query = at === undefined ? {} : { seq: at }
  const actor = await client.ask('actor', { params: { address }, query, signal })
  const { rev } = actor
  const [[detail], around] = await Promise.all([
    rev < least ? [] : records(address, { fromRev: rev, toRev: rev, limit: 1, detail: true }, signal),
    first === undefined ? [] : recordsAround(address, before, { rev, latest, at, least }, signal),
  ])
  const { changed = [], taken = [] } = detail ?? {}
  const is = { address, actor, changed, taken, life: { address, first, records: around } }
  kept = { of, at, is }
  return is
}

async function isListed(address: string, signal: AbortSignal): Promise<boolean> {
  await know([address], signal)
  return actorAt(address) !== undefined
}

interface Around {
  readonly rev: number
  readonly latest: number
  readonly at: number | undefined
  /** First rev that there is. */
  readonly least: number
}

/** Returns the records around a rev. Those that are there already are not read again. */
async function recordsAround(
  address: string,
  has: readonly TransitionRecord[],
  { rev, latest, at, least }: Around,
  signal: AbortSignal,
): Promise<readonly TransitionRecord[]> {
  const [from, to] = [has[0]?.rev ?? 0, has.at(-1)?.rev ?? 0]
  const isInside = from <= rev && rev <= to
  if (at === undefined) {
    if (isInside) return has
    const isNext = to > 0 && rev > to && rev - to <= PAGE
    if (!isNext)
      return records(
        address,
        { fromRev: Math.max(least, rev - PAGE + 1), toRev: Math.max(least, rev), limit: PAGE },
        signal,
      )
    const news = await records(address, { fromRev: to + 1, toRev: rev, limit: PAGE }, signal)
    return [...has, ...news].slice(-2 * PAGE)
  }
  const margin = PAGE / 4
  const isEnough =
    isInside &&
    (from === least || rev - from >= margin) &&
    (to >= latest || to - rev >= margin || to >= rev + 1)
  if (isEnough) return has
  return records(address, { fromRev: Math.max(least, rev - PAGE / 2), limit: PAGE }, signal)
}

async function records(
  address: string,
  query: {
    readonly fromRev?: number
    readonly toRev?: number
    readonly limit: number
    readonly detail?: true
  },
  signal: AbortSignal,
): Promise<readonly DetailedRecord[]> {
  return (await client.ask('history', { params: { address }, query, signal })).records
}

/** First rev of the chosen actor that there is, which is none when all were deleted. Undefined until it is known. */
export const leastRev = computed(() => {
  const life = chosen.value.value?.life
  return life?.address === choice.value ? (life.first?.rev ?? Number.POSITIVE_INFINITY) : undefined
})

/** The record at the moment: the last one of the chosen actor that counts. */
export const record = computed(() => {
  const is = chosen.value.value
  return is?.actor === undefined ? undefined : is.life.records.find(({ rev }) => rev === is.actor?.rev)
})

/** The record at the moment with its cause and its effects. */
export const links = loaded(() => {
  const seq = record.value?.seq
  if (seq === undefined) return undefined
  // Live, each record would end the question about the one before, and none would be answered.
  const subject = moment.value === undefined ? 'live' : String(seq)
  const query = { within: 0 }
  return {
    subject,
    place: moment.value ?? 'now',
    follows: chosen,
    read: (signal) => client.ask('record', { params: { seq }, query, signal }),
  }
}, LEAST_MS)

/** The statechart of the chosen actor. A version of a machine has one, so it is read once for it. */
export const definition = loaded(() => {
  const actor = chosen.value.value?.actor
  if (actor === undefined) return undefined
  const { kind, version, path, address } = actor
  const key = [kind, version, ...path].join('/')
  return {
    subject: key,
    place: 'whole',
    about: key,
    follows: chosen,
    read: (signal) => chartOf(key, address, signal),
  }
})

const charts = new Map<string, AnswerOf<Routes['machine']>>()
// A version may have another statechart where another log comes from.
onOtherLog(() => charts.clear())

async function chartOf(key: string, address: string, signal: AbortSignal) {
  const has = charts.get(key)
  if (has !== undefined) return has
  const [kind = '', version = '', ...path] = key.split('/')
  const chart =
    path.length > 0
      ? await client.ask('machine', { params: { address }, signal })
      : (await client.ask('machineOfKind', { params: { kind }, query: { version }, signal })).chart
  charts.set(key, chart)
  return chart
}

/** ms for which the first chart of a machine waits for its counts. Without them it is drawn by its shape alone. */
const AWAITED_MS = 2_000

/** Keys of machines whose counts nothing waits for any more. */
const late = signalOfLog<ReadonlySet<string>>(new Set())

/** The counts of how often actors of the kind took each transition. They are read once for each version of a machine, as its chart is. */
export const kindCounts = loaded(() => {
  const actor = chosen.value.value?.actor
  if (actor === undefined || actor.path.length > 0) return undefined
  const { kind, version } = actor
  const key = `${kind}@${version}`
  return {
    subject: key,
    place: 'whole',
    follows: chosen,
    read: async (signal) => {
      const has = counts.get(key)
      if (has !== undefined) return { key, ...has }
      setTimeout(() => {
        late.value = new Set(late.value).add(key)
      }, AWAITED_MS)
      const { transitions, entered, actors, records, of, whole } = await client.ask('coverage', {
        params: { kind },
        query: { version },
        signal,
      })
      const known = { transitions, entered, sample: whole ? undefined : { actors, records, of } }
      counts.set(key, known)
      return { key, ...known }
    },
  }
})

interface Counts extends Pick<AnswerOf<Routes['coverage']>, 'transitions' | 'entered'> {
  readonly sample: Coverage['sample']
}

const counts = new Map<string, Counts>()
onOtherLog(() => counts.clear())

/** Lives up to this rev are replayed whole, to tell what the actor itself has taken. */
const OWN_MAX = PAGE

const own = loaded(() => {
  const actor = chosen.value.value?.actor
  const latest = latestRev.value
  if (actor === undefined || latest < (leastRev.value ?? 1) || latest > OWN_MAX) return undefined
  const { address } = actor
  const query = { toRev: latest, limit: OWN_MAX, detail: true } as const
  return {
    subject: address,
    place: 'now',
    follows: chosen,
    read: async (signal) => ({ address, records: await records(address, query, signal) }),
  }
}, 1_000)

/** The past that the chart tells: that of all actors of the kind, and that of this one up to the moment. */
export const coverage = computed<Coverage | 'awaited' | undefined>(() => {
  const actor = chosen.value.value?.actor
  if (actor === undefined || actor.path.length > 0 || kindCounts.fault.value !== undefined) return undefined
  const all = kindCounts.value.value
  const key = `${actor.kind}@${actor.version}`
  if (all?.key !== key) return late.value.has(key) ? undefined : 'awaited'
  const life = own.value.value
  const known = { all: all.transitions, entered: all.entered, sample: all.sample }
  if (life?.address !== actor.address) return known
  const taken = new Map<string, TransitionCount>()
  for (const one of life.records.flatMap((of) => (of.rev <= actor.rev ? (of.taken ?? []) : []))) {
    const key = JSON.stringify([one.source, one.targets, one.eventType, one.guard])
    taken.set(key, { ...one, count: (taken.get(key)?.count ?? 0) + 1 })
  }
  return { ...known, own: [...taken.values()] }
})
