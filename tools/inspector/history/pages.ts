/** The records of the chosen actor, read piece by piece as they come into view. */
import { effect, signal, untracked } from '@preact/signals'
import type { TransitionRecord } from '../../../src/client/index.ts'
import { actorAt } from '../log/actors.ts'
import { leastRev } from '../log/chosen.ts'
import { client } from '../log/client.ts'
import { returns } from '../log/connection.ts'
import { type Fault, faultOf } from '../log/loading.ts'
import { onOtherLog } from '../log/log-id.ts'
import { choice } from '../state/place.ts'

/** Records that are read at once, and those of the end that are. */
const PAGE = 200
const NEWEST = 100
/** Most records that are kept: the ones that were read last. */
const KEPT_MAX = 10_000
/** Least ms between two readings of the end, however fast it grows. */
const LEAST_MS = 250

let records = new Map<number, TransitionRecord>()
let wanted: { readonly from: number; readonly to: number } | undefined
let isReading = false
let isFollowing = false
/** True when the end has moved since it was read. */
let isStale = false
let asking = new AbortController()

/** Grows with each piece that has come. */
export const arrived = signal(0)
/** The newest rev that has come. */
export const newest = signal(0)
export const pageFault = signal<Fault | undefined>(undefined)

effect(() => {
  choice.value
  wanted = undefined
  forget()
})
onOtherLog(forget)
effect(() => {
  if (leastRev.value !== undefined) untracked(() => void read())
})
effect(() => {
  if (returns.value === 0) return
  forget()
  untracked(() => {
    // The list may not be in view, and another log may not have the actor.
    if (wanted !== undefined && actorAt(choice.value) !== undefined) again()
  })
})

function forget(): void {
  asking.abort()
  asking = new AbortController()
  records = new Map()
  newest.value = 0
  pageFault.value = undefined
}

/** Returns the record with a rev; undefined until it has come. */
export function recordAt(rev: number): TransitionRecord | undefined {
  arrived.value
  return records.get(rev)
}

/** Reads what is not there of the records from one rev to another. Those that are in view now come first. */
export function want(from: number, to: number): void {
  wanted = { from: Math.max(1, from), to }
  void read()
}

/** Reads the last records. */
export async function readNewest(): Promise<void> {
  await ask({ reverse: true, limit: NEWEST })
}

/** Reads the last records now, or soon where they were read just now. */
export async function followNewest(): Promise<void> {
  isStale = true
  if (isFollowing) return
  isFollowing = true
  try {
    while (isStale && pageFault.value === undefined) {
      isStale = false
      await readNewest()
      await new Promise((resolve) => setTimeout(resolve, LEAST_MS))
    }
  } finally {
    isFollowing = false
  }
}

/** Reads again after a fault. */
export function again(): void {
  pageFault.value = undefined
  void followNewest()
  void read()
}

async function read(): Promise<void> {
  if (isReading) return
  isReading = true
  try {
    for (let from = missing(); from !== undefined && pageFault.value === undefined; from = missing())
      if (!(await ask({ fromRev: from, limit: PAGE }))) return
  } finally {
    isReading = false
  }
}

/** Returns the first rev in view that has not come. The records around it come along. */
function missing(): number | undefined {
  if (wanted === undefined || choice.value === '') return undefined
  const least = leastRev.peek()
  if (least === undefined) return undefined
  const { to } = wanted
  const from = Math.max(least, wanted.from)
  for (let rev = from; rev <= to; rev++)
    if (!records.has(rev)) return rev === from ? Math.max(least, rev - PAGE / 2) : rev
  return undefined
}

/** Resolves with whether records have come. */
async function ask(query: {
  readonly fromRev?: number
  readonly reverse?: true
  readonly limit: number
}): Promise<boolean> {
  const address = choice.value
  const { signal } = asking
  try {
    const answer = await client.ask('history', { params: { address }, query, signal })
    if (signal.aborted) return true
    for (const of of answer.records) {
      records.delete(of.rev)
      records.set(of.rev, of)
      if (of.rev > newest.value) newest.value = of.rev
    }
    for (const rev of records.keys()) {
      if (records.size <= KEPT_MAX) break
      records.delete(rev)
    }
    arrived.value++
    return answer.records.length > 0
  } catch (error) {
    if (signal.aborted) return true
    pageFault.value = faultOf(error)
    return false
  }
}
