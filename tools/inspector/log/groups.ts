/**
 * The groups of the list with their numbers, and the rows of those that are looked at. The server counts and sorts, so
 * that the page asks for as many rows as it shows, and not for as many as there are.
 */
import { batch, computed, signal } from '@preact/signals'
import type { AnswerOf, Routes } from '../../../src/client/index.ts'
import { type Filter, understood } from '../actors/words.ts'
import { head, isCounted, isEndKnown, know, learn, ownerOf, turnover } from './actors.ts'
import { client } from './client.ts'
import { returns, wasConnected } from './connection.ts'
import { loaded } from './loading.ts'
import { signalOfLog } from './log-id.ts'
import { searching } from './searching.ts'

/** Rows of one page. */
export const PAGE = 200
/** Least ms between two counts. */
const LEAST_MS = 1_000

export type By = 'owner' | 'kind'
export type Groups = AnswerOf<Routes['groups']>
export type Group = Groups['groups'][number]

export const by = signal<By>('owner')
export const search = signal('')
/** The condition that one of the two buttons asks for. */
export const only = signal<'open' | 'failed' | undefined>(undefined)

/** The filter in the search. It is the list's own, and no part of the page's address, which says what is chosen and when. */
export const wanted = computed(() => understood(search.value))
export const filter = computed<Filter>(() => ({
  ...(only.value !== undefined && { condition: only.value }),
  ...wanted.value.filter,
}))
/** Tells lists apart whose rows differ. */
const subject = computed(() => JSON.stringify([by.value, filter.value]))
const isFiltered = computed(() => Object.keys(filter.value).length > 0)
/** True when the server knows the numbers without a look at each actor. */
const isKept = computed(() =>
  Object.entries(filter.value).every(([key, value]) => key === 'condition' && /^(open|failed)$/.test(value)),
)

export interface Counted extends Groups {
  readonly subject: string
}

/** True once the answer is of what is asked for now. */
export const isCurrent = computed(() => groups.value.value?.subject === subject.value)

/** The return of the last answer. The first of each is quick, and the next one waits until all states are read. */
let answered: number | undefined
/** Grows when states were not read yet. */
const round = signal(0)

export const groups = loaded<Counted>(() => {
  // News of what moves meanwhile come by the connection.
  if (!wasConnected.value) return undefined
  const of = returns.value
  // A search goes through all actors, so it is not made anew whenever one of them moves.
  if (isKept.value) turnover.value
  round.value
  const [key, query] = [subject.value, { by: by.value, ...filter.value }]
  const isPlain = !isFiltered.value
  return {
    subject: key,
    place: 'now',
    read: async (signal) => {
      const isFirst = answered !== of
      const isWhole = !isFirst && isPlain
      const ask = () => client.ask('groups', { query: { ...query, ...(isWhole && { whole: true }) }, signal })
      // The server answers once it has read all states.
      const answer = await (isWhole ? searching(ask, signal) : ask())
      await know(answer.failed, signal)
      batch(() => {
        // The end of a log that was cut lies before the last one.
        if (isFirst || answer.seq > head.value.seq) head.value = { seq: answer.seq, at: answer.at }
        isEndKnown.value = true
        if (isPlain) isCounted.value = answer.unread === 0
        if (answer.unread > 0) round.value++
      })
      answered = of
      return { ...answer, subject: key }
    },
  }
}, LEAST_MS)

/** The rows of a group that have come, in the order of the server. */
export interface Shelf {
  readonly addresses: readonly string[]
  /** The address after which the next page begins; undefined when all are here. */
  readonly next: string | undefined
  /** The numbers of the group that the rows are of. */
  readonly version: string
}

/** The rows by group, and the list that they are of. */
const shelves = signalOfLog<{ readonly of: string; readonly by: ReadonlyMap<string, Shelf> }>({
  of: '',
  by: new Map(),
})
const versionOf = ({ count, open, failed }: Group) =>
  `${returns.value} ${count}${isFiltered.value ? ` ${open} ${failed}` : ''}`

/** Returns the rows of a group that have come. */
export function shelfOf(name: string): Shelf | undefined {
  const { of, by: all } = shelves.value
  return of === groups.value.value?.subject ? all.get(name) : undefined
}

/** The rows that those in view need: of groups that are not read, and the next page of one. */
export interface Need {
  readonly unread: readonly string[]
  readonly more: string | undefined
}
export const inView = signal<Need>({ unread: [], more: undefined })

interface Page {
  readonly names: readonly string[]
  readonly after?: string
}

/** Returns the page that is to be read next. */
function pageOf(counted: Counted, { unread, more }: Need): Page | undefined {
  const names: string[] = []
  let rows = 0
  for (const name of unread) {
    const group = counted.groups.find((one) => one.name === name)
    if (group === undefined || shelfOf(name)?.version === versionOf(group)) continue
    if (names.length > 0 && rows + group.count > PAGE) break
    names.push(name)
    rows += group.count
  }
  if (names.length > 0) return { names }
  const after = more === undefined ? undefined : shelfOf(more)?.next
  return more === undefined || after === undefined ? undefined : { names: [more], after }
}

/** Reads the rows that are in view and not here. */
export const rows = loaded(() => {
  const counted = groups.value.value
  if (counted === undefined || counted.subject !== subject.value) return undefined
  const page = pageOf(counted, inView.value)
  const query = { by: counted.by, ...filter.value }
  const { subject: of } = counted
  const versions = new Map(counted.groups.map((group) => [group.name, versionOf(group)]))
  return {
    subject: of,
    place: 'now',
    read: async (signal) => {
      if (page === undefined) return
      const { names: group, after } = page
      const asked = { ...query, group: [...group], limit: PAGE, ...(after !== undefined && { after }) }
      const { actors, next } = await client.ask('actors', { query: asked, signal })
      const found = new Map<string, string[]>(group.map((name) => [name, []]))
      for (const actor of actors) found.get(actor.group ?? '')?.push(actor.address)
      batch(() => {
        learn(actors)
        put(of, found, next, after !== undefined, versions)
      })
    },
  }
})

function put(
  of: string,
  found: ReadonlyMap<string, readonly string[]>,
  next: string | undefined,
  isMore: boolean,
  versions: ReadonlyMap<string, string>,
): void {
  const had = shelves.peek()
  const all = new Map(had.of === of ? had.by : [])
  for (const [name, addresses] of found) {
    // The page may end before a group.
    if (next !== undefined && addresses.length === 0) continue
    all.set(name, shelfWith(all.get(name), addresses, next, isMore, versions.get(name) ?? ''))
  }
  shelves.value = { of, by: all }
}

function shelfWith(
  had: Shelf | undefined,
  addresses: readonly string[],
  next: string | undefined,
  isMore: boolean,
  version: string,
): Shelf {
  if (isMore && had !== undefined) return { ...had, addresses: [...had.addresses, ...addresses], next }
  const last = addresses.at(-1) ?? ''
  if (last !== next) return { addresses, next: undefined, version }
  // The rows that were read behind this page are still there.
  const place = had?.addresses.indexOf(last) ?? -1
  const behind = place < 0 ? [] : (had?.addresses.slice(place + 1) ?? [])
  return { addresses: [...addresses, ...behind], next: behind.length > 0 ? had?.next : next, version }
}

/** The first row that has come. */
export const firstRow = computed<string | undefined>(() => {
  const [first] = groups.value.value?.groups ?? []
  return first && shelfOf(first.name)?.addresses[0]
})

/** Returns the group of an actor; undefined while it is not known. */
export function groupOf(address: string): string | undefined {
  const counted = groups.value.value
  if (counted === undefined) return undefined
  return counted.by === 'kind' ? address.slice(0, address.indexOf('/')) : ownerOf(address)
}
