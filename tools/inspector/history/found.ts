/** The search over the life of the chosen actor: from the moment on, in both directions, piece by piece at the server. */
import { batch, computed, effect, signal } from '@preact/signals'
import type { AnswerOf, Routes } from '../../../src/client/index.ts'
import { chosen, latestRev } from '../log/chosen.ts'
import { client } from '../log/client.ts'
import { returns } from '../log/connection.ts'
import { type Fault, faultOf } from '../log/loading.ts'
import { isTurning } from '../log/log-id.ts'
import { choice, query } from '../state/place.ts'
import { type Asked, askedOf, isSearch } from './asked.ts'
import { asQuery, refusalOf } from './refused.ts'

/** Records that are found in one go, and those that are looked at for them, in each direction. */
const FOUND = 50
const PIECES_MAX = 5
/** ms after which a search stops that gives way to trading for long. */
const SEARCH_MS = 5_000

export type Found = AnswerOf<Routes['history']>['records'][number]
export type Direction = 'newer' | 'older'

export interface Side {
  /** The records that were found, the nearest to the moment of the question first. */
  readonly found: readonly Found[]
  /** The last rev that was looked at. */
  readonly to: number
  readonly isAsking: boolean
  /** Records that were passed over, because their states are not known. */
  readonly unread: number
}

interface Search {
  readonly key: string
  readonly address: string
  readonly asked: Asked
  /** The rev at the moment of the question. */
  readonly anchor: number
}

const search = signal<Search | undefined>(undefined)
const sides = {
  newer: signal<Side | undefined>(undefined),
  older: signal<Side | undefined>(undefined),
} as const
export const newer = computed(() => sides.newer.value)
export const older = computed(() => sides.older.value)
export const searchFault = signal<Fault | undefined>(undefined)
/** Why the question is not asked; undefined when it is. */
export const refusal = computed(() => {
  const asked = askedOf(query.value)
  return asked === undefined || !isSearch(asked) ? undefined : refusalOf(asked)
})

/** Found records, the newest first. */
export const found = computed<readonly Found[]>(() => [
  ...(newer.value?.found ?? []).toReversed(),
  ...(older.value?.found ?? []),
])

let asking = new AbortController()

// A question begins at the moment at which it is asked. What the moment does afterwards leaves the answers where they are.
effect(() => {
  const asked = askedOf(query.value)
  const address = choice.value
  const is = chosen.value.value
  const isAsked = asked !== undefined && isSearch(asked) && refusal.value === undefined && !isTurning.value
  const key = isAsked ? JSON.stringify([address, asked, returns.value]) : ''
  if (key === (search.peek()?.key ?? '')) return
  asking.abort()
  const isThere = is?.address === address && is.life.first !== undefined && latestRev.peek() > 0
  batch(() => {
    searchFault.value = undefined
    sides.newer.value = undefined
    sides.older.value = undefined
    search.value = undefined
    if (asked === undefined || key === '' || !isThere) return
    const anchor = is.actor?.rev ?? 0
    search.value = { key, address, asked, anchor }
    sides.newer.value = { found: [], to: anchor, isAsking: false, unread: 0 }
    sides.older.value = { found: [], to: anchor + 1, isAsking: false, unread: 0 }
  })
  if (search.peek() === undefined) return
  asking = new AbortController()
  void goOnBoth()
})

/** Searches on in both directions. What stops one of them stops the other. */
export async function goOnBoth(): Promise<void> {
  await goOn('older')
  if (searchFault.peek() === undefined) await goOn('newer')
}

/** Returns how many records there are that the search has not looked at in a direction. */
export function leftOf(direction: Direction): number {
  const side = sides[direction].value
  if (side === undefined) return 0
  return direction === 'older' ? side.to - 1 : Math.max(0, latestRev.value - side.to)
}

/** Searches on in a direction, until enough is found or enough is looked at. */
export async function goOn(direction: Direction): Promise<void> {
  const is = search.peek()
  const { signal } = asking
  const side = sides[direction]
  if (is === undefined || side.peek()?.isAsking !== false || signal.aborted) return
  const change = (to: Partial<Side>) => {
    const was = side.peek()
    if (search.peek() === is && was !== undefined) side.value = { ...was, ...to }
  }
  searchFault.value = undefined
  change({ isAsking: true })
  const before = side.peek()?.found.length ?? 0
  const began = performance.now()
  try {
    for (let piece = 0; piece < PIECES_MAX && performance.now() - began < SEARCH_MS; piece++) {
      const was = side.peek()
      if (was === undefined || was.found.length - before >= FOUND || leftOf(direction) === 0) break
      const latest = latestRev.peek()
      const {
        records,
        next,
        unread = 0,
      } = await client.ask('history', {
        params: { address: is.address },
        query: { ...asQuery(is.asked), reverse: direction === 'older', after: was.to, limit: FOUND },
        signal,
      })
      const end = direction === 'older' ? 1 : Math.max(was.to, records.at(-1)?.rev ?? 0, latest)
      change({ found: [...was.found, ...records], to: next ?? end, unread: was.unread + unread })
    }
  } catch (error) {
    if (search.peek() === is) searchFault.value = faultOf(error)
  } finally {
    change({ isAsking: false })
  }
}
