/** The records of the chosen actor, read page by page as they come into view. */
import { effect, signal } from '@preact/signals'
import type { TransitionRecord } from '../../../src/client/index.ts'
import { client } from '../log/client.ts'
import { type Fault, faultOf } from '../log/loading.ts'
import { choice } from '../state/place.ts'

/** Records of a page. */
const PAGE = 200
/** Most pages that are kept: the ones that were read last. */
const KEPT_MAX = 50
/** Least ms between two readings of a page to which records are still added. */
const LEAST_MS = 250

/** Pages by their number: page n has the revs from n * PAGE + 1 on. */
let pages = new Map<number, readonly TransitionRecord[]>()
let wanted: { readonly from: number; readonly to: number } | undefined
let isReading = false

/** Grows with each page that has come. */
export const arrived = signal(0)
export const pageFault = signal<Fault | undefined>(undefined)

effect(() => {
  choice.value
  pages = new Map()
  wanted = undefined
  pageFault.value = undefined
})

/** Returns the record with a rev; undefined until it has come. */
export function recordAt(rev: number): TransitionRecord | undefined {
  arrived.value
  return pages.get(pageOf(rev))?.[(rev - 1) % PAGE]
}

/** Reads what is not there of the records from one rev to another. Those that are in view now come first. */
export function want(from: number, to: number): void {
  wanted = { from: Math.max(1, from), to }
  void read()
}

/** Reads again after a fault. */
export function again(): void {
  pageFault.value = undefined
  void read()
}

const pageOf = (rev: number): number => Math.floor((rev - 1) / PAGE)

async function read(): Promise<void> {
  if (isReading) return
  isReading = true
  try {
    for (let page = missing(); page !== undefined && pageFault.value === undefined; page = missing()) {
      const address = choice.value
      const had = pages.get(page) ?? []
      const range = { fromRev: page * PAGE + had.length + 1, toRev: (page + 1) * PAGE, limit: PAGE }
      try {
        const { records } = await client.ask('history', { params: { address }, query: range })
        if (address === choice.value) put(page, [...had, ...records])
        // A page that is not whole yet is asked for again with each record that comes.
        if (records.length === 0) return
        if (had.length > 0) await new Promise((resolve) => setTimeout(resolve, LEAST_MS))
      } catch (error) {
        if (address === choice.value) pageFault.value = faultOf(error)
      }
    }
  } finally {
    isReading = false
  }
}

/** Returns the first page in view that lacks a record in view. */
function missing(): number | undefined {
  if (wanted === undefined || choice.value === '') return undefined
  for (let page = pageOf(wanted.from); page <= pageOf(wanted.to); page++) {
    const last = Math.min(wanted.to, (page + 1) * PAGE)
    if ((pages.get(page)?.length ?? 0) < last - page * PAGE) return page
  }
  return undefined
}

function put(page: number, records: readonly TransitionRecord[]): void {
  pages.delete(page)
  pages.set(page, records)
  for (const old of [...pages.keys()].slice(0, -KEPT_MAX)) pages.delete(old)
  arrived.value++
}
