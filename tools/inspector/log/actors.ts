/** All actors as they are now: listed once at the connection, and then kept current by the news of `/inspect`. */
import { batch, signal } from '@preact/signals'
import type { ActorSummary } from '../../../src/client/index.ts'
import { kindOf } from '../text/names.ts'
import { client } from './client.ts'
import { type Activity, inspect } from './inspection.ts'
import { type Fault, faultOf } from './loading.ts'

/** The fields that the page keeps of each actor. */
export interface Actor extends Activity {
  readonly kind: string
}

export type Trouble = 'quarantined' | 'restarting' | 'error' | 'stopped'

const all = new Map<string, Actor>()

/** Grows when an actor comes, goes, fails, recovers, opens or ends: what decides where the list has it. */
export const membership = signal(0)
/** Grows when any actor has moved. */
export const activity = signal(0)
/** The end of the log, as far as the page knows. */
export const head = signal<{ readonly seq: number; readonly at: number }>({ seq: 0, at: 0 })
/** Grows when an actor has failed. */
export const failed = signal(0)
/** False until all actors are listed. */
export const isWhole = signal(false)
export const listFault = signal<Fault | undefined>(undefined)

export const actorAt = (address: string): Actor | undefined => all.get(address)
export const allActors = (): Iterable<Actor> => all.values()
export const actorCount = (): number => all.size

/** Returns the trouble of an actor; undefined when it has none. */
export function troubleOf({ status, condition, error }: Activity): Trouble | undefined {
  if (status === 'active') return condition
  if (status === 'error') return 'error'
  return status === 'stopped' && error !== undefined && error !== null ? 'stopped' : undefined
}

/** Returns whether an actor may still act. One that is quarantined or restarts does; a position that is flat does not. */
export function isOpen(actor: Actor): boolean {
  if (actor.status !== 'active') return false
  if (actor.condition !== undefined) return true
  return actor.kind === 'position' ? actor.tags.includes('open') : !actor.tags.includes('closed')
}

/** Follows the actors from now on. */
export function followActors(): void {
  /** Addresses of which this connection has told, with their rev. A listing may be older. */
  let told = new Map<string, number>()

  const list = async () => {
    const since = new Map<string, number>()
    told = since
    try {
      const listed = new Set<string>()
      let page: ActorSummary[] = []
      const put = () => {
        takeAll(page.filter(({ address, rev }) => (since.get(address) ?? 0) < rev))
        page = []
      }
      for await (const summary of client.actors()) {
        if (told !== since) return
        listed.add(summary.address)
        page.push(summary)
        if (page.length === 1_000) put()
      }
      if (told !== since) return
      put()
      drop([...all.keys()].filter((address) => !listed.has(address) && !since.has(address)))
      listFault.value = undefined
      isWhole.value = true
    } catch (error) {
      if (told === since) listFault.value = faultOf(error)
    }
  }
  inspect({
    onOpen: () => {
      failed.value++
      void list()
    },
    onActivity: (actors) => {
      for (const { address, rev } of actors) told.set(address, rev)
      takeAll(actors)
    },
    onFailures: () => failed.value++,
  })
}

function takeAll(news: readonly (Activity | ActorSummary)[]): void {
  let hasMoved = false
  let { seq, at } = head.value
  for (const actor of news) {
    const { address, value, tags, status, condition, error, rev } = actor
    const was = all.get(address)
    const kind = was?.kind ?? kindOf(address)
    const is: Actor = {
      address,
      kind,
      value,
      tags,
      status,
      condition,
      error,
      rev,
      seq: actor.seq,
      at: actor.at,
    }
    all.set(address, is)
    hasMoved ||= was === undefined || isOpen(was) !== isOpen(is) || troubleOf(was) !== troubleOf(is)
    if (actor.seq > seq) [seq, at] = [actor.seq, actor.at]
  }
  batch(() => {
    if (seq > head.value.seq) head.value = { seq, at }
    if (hasMoved) moved()
    activity.value++
  })
}

/** Actors from which on the list is ordered anew only now and then: that takes long where there are many. */
const MANY = 2_000
const ORDERED_MS = 400
let isDue = false

function moved(): void {
  if (all.size < MANY) membership.value++
  else if (!isDue) {
    isDue = true
    setTimeout(() => {
      isDue = false
      membership.value++
    }, ORDERED_MS)
  }
}

/** Removes actors that the log does not have, because the server has another log now. */
function drop(addresses: readonly string[]): void {
  if (addresses.length === 0) return
  for (const address of addresses) all.delete(address)
  // The end of the other log may lie before the end of this one.
  const last = [...all.values()].reduce((max, { seq, at }) => (seq > max.seq ? { seq, at } : max), {
    seq: 0,
    at: 0,
  })
  batch(() => {
    head.value = last
    membership.value++
    activity.value++
  })
}
