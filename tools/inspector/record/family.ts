/** The list that an order belongs to, with its orders, at the moment. */

import type { Actor } from '../log/actors.ts'
import { activity, actorAt, isFailed, isOpen, learn, turnover } from '../log/actors.ts'
import { chosen } from '../log/chosen.ts'
import { client } from '../log/client.ts'
import { returns } from '../log/connection.ts'
import { loaded } from '../log/loading.ts'
import { moment } from '../state/place.ts'
import type { StateValue } from '../text/names.ts'

export interface Member {
  readonly address: string
  /** Absent when it was not there yet. */
  readonly value: StateValue | undefined
  readonly sign: 'failed' | 'open' | 'over'
}

/** Most orders of a list that are shown. */
const MEMBERS_MAX = 12

export const family = loaded<readonly Member[]>(() => {
  const actor = chosen.value.value?.actor
  const list = actor === undefined ? undefined : listOf(actor.kind, actor.address, actor.context)
  if (list === undefined) return undefined
  const seq = moment.value
  if (seq === undefined) activity.value
  const version = `${returns.value} ${turnover.value}`
  return {
    subject: list,
    place: seq ?? 'now',
    about: list,
    follows: chosen,
    read: async (signal) => {
      const orders = await ordersOf(list, version, signal)
      return Promise.all([list, ...orders].map((address) => memberAt(address, seq, signal)))
    },
  }
}, 250)

/** The orders of the list that was asked for last. Others may have come since when any actor has. */
let kept: { readonly list: string; readonly version: string; readonly orders: readonly string[] } | undefined

async function ordersOf(list: string, version: string, signal: AbortSignal): Promise<readonly string[]> {
  if (kept?.list === list && kept.version === version) return kept.orders
  const query = { prefix: `order/${list.slice('list/'.length)}-`, limit: MEMBERS_MAX }
  const [{ actors: orders }, { actors: own }] = await Promise.all([
    client.ask('actors', { query, signal }),
    client.ask('actors', { query: { address: list }, signal }),
  ])
  learn([...own, ...orders])
  kept = { list, version, orders: orders.map(({ address }) => address) }
  return kept.orders
}

function listOf(kind: string, address: string, context: unknown): string | undefined {
  if (kind === 'list') return address
  if (kind !== 'order') return undefined
  const { terms } = Object(context) as { readonly terms?: { readonly list?: unknown } }
  return typeof terms?.list === 'string' ? terms.list : undefined
}

async function memberAt(address: string, seq: number | undefined, signal: AbortSignal): Promise<Member> {
  const now = actorAt(address)
  if (now === undefined) return { address, value: undefined, sign: 'over' }
  // It has not moved since the moment.
  if (seq === undefined || now.seq <= seq) return memberOf(now)
  const { records } = await client.ask('history', { params: { address }, query: { limit: 1 }, signal })
  if ((records[0]?.seq ?? seq + 1) > seq) return { address, value: undefined, sign: 'over' }
  const then = await client.ask('actor', { params: { address }, query: { seq }, signal })
  return memberOf(then)
}

function memberOf(actor: Pick<Actor, keyof Parameters<typeof isOpen>[0]>): Member {
  const isBad = isFailed(actor)
  return {
    address: actor.address,
    value: actor.value,
    sign: isBad ? 'failed' : isOpen(actor) ? 'open' : 'over',
  }
}
