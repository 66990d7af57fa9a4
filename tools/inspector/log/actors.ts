/**
 * The actors that the page knows: those that it has asked for, and those of which the news of `/inspect` have told. It
 * asks for few, however many there are.
 */
import { batch, computed, effect, signal, untracked } from '@preact/signals'
import { type ActorSummary, isOpen, troubleOf } from '../../../src/client/index.ts'
import { choice, moment } from '../state/place.ts'
import { kindOf } from '../text/names.ts'
import { client } from './client.ts'
import { connection, lost, returns } from './connection.ts'
import { type Activity, inspect } from './inspection.ts'
import { type Fault, faultOf, isUnreachable } from './loading.ts'
import { isTurning, onOtherLog, signalOfLog } from './log-id.ts'

export { isFailed, isOpen, type Trouble, troubleOf } from '../../../src/client/index.ts'

/** The fields that the page keeps of each actor. */
export interface Actor extends Activity {
  readonly kind: string
}

/** The actors that the views need from the beginning: few, however many orders there are. */
const NEEDED = [
  { kind: 'account' },
  { kind: 'symbol' },
  { kind: 'watchdog' },
  { prefix: 'component/' },
  { prefix: 'system/' },
] as const
const NEEDED_MAX = 1_000
/** Most characters of addresses in one request: a server takes no longer URL. */
const ADDRESSES_MAX = 4_000

const all = new Map<string, Actor>()
const owners = new Map<string, string>()

/** Grows when an actor comes, goes, fails, recovers, opens or ends: what decides where the list has it. */
export const membership = signal(0)
/** Grows with the same, but only when the news tell of it, and not when the page asks for more actors. */
export const turnover = signal(0)
/** Grows when any actor has moved. */
export const activity = signal(0)
/** The end of the log, as far as the page knows. */
export const head = signalOfLog<{ readonly seq: number; readonly at: number }>({ seq: 0, at: 0 })
/** False until this connection has told the end of the log: before, the last of the known actors may lie before it. */
export const isEndKnown = signalOfLog(false)
/** True while the moment lies behind the end of the log. */
export const isBeyond = computed(() => isEndKnown.value && (moment.value ?? 0) > head.value.seq)
/** The moment that lies behind the end; undefined while it does not. */
let beyond: number | undefined
effect(() => {
  const seq = moment.value
  if (!isEndKnown.value) return
  if (!isBeyond.value && seq !== undefined && seq === beyond) returns.value = returns.peek() + 1
  beyond = isBeyond.value ? seq : undefined
})
/** Grows when an actor has failed. */
export const failed = signal(0)
/** False until the actors that the views need are known. */
export const isWhole = signalOfLog(false)
/** False until the states of all actors are read, so that all that have failed are known. */
export const isCounted = signalOfLog(false)
const listFault = signalOfLog<Fault | undefined>(undefined)

export const actorAt = (address: string): Actor | undefined => all.get(address)
/** The actors that the page knows. */
export const allActors = (): Iterable<Actor> => all.values()
/** Returns the owner of an actor, as the list by owner has it; undefined while it is not known. */
export const ownerOf = (address: string): string | undefined => owners.get(address)

/** Addresses of which this connection has told, with their rev. A listing may be older. */
let told = new Map<string, number>()

onOtherLog(() => {
  told = new Map()
  owners.clear()
  drop([...all.keys()])
})

/** ms after which the actors that the views need are asked for again while the connection holds. */
const RETRY_MS = 1_000

/** Reads the actors that the views need. After a return, all questions are asked anew then. */
async function begin(isReturn: boolean): Promise<void> {
  const since = new Map<string, number>()
  told = since
  try {
    // One quick answer says which log it is now. Another one begins this anew, before it has asked for more.
    if (isReturn && !isTurning.peek()) await client.ask('health').catch(() => undefined)
    if (told !== since) return
    const answers = await Promise.all([
      ...NEEDED.map((query) => client.ask('actors', { query: { ...query, limit: NEEDED_MAX } })),
      ...(choice.value === '' ? [] : [client.ask('actors', { query: { address: choice.value } })]),
    ])
    if (told !== since) return
    learn(answers.flatMap(({ actors }) => actors))
    // What else has moved since the connection was lost is not known.
    drop([...all.keys()].filter((address) => !since.has(address)))
    listFault.value = undefined
    isWhole.value = true
  } catch (error) {
    if (told !== since) return
    const fault = faultOf(error)
    listFault.value = fault
    if (isUnreachable(fault))
      setTimeout(() => {
        if (told === since && lost.peek() === undefined) void begin(true)
      }, RETRY_MS)
  }
  batch(() => {
    if (isReturn) returns.value++
    isTurning.value = false
  })
}

/** The words of the list when they could not be read, and a way to try again. */
export const needed = {
  value: isWhole,
  fault: listFault,
  isSlow: signal(false),
  again: () => void begin(true),
} as const

/** Follows the actors from now on. */
export function followActors(): void {
  effect(() => {
    if (isTurning.value) untracked(() => void begin(true))
  })
  inspect({
    onOpen: (isReturn) => {
      failed.value++
      isEndKnown.value = false
      listFault.value = undefined
      void begin(isReturn)
      connection.value++
    },
    onActivity: (actors) => {
      for (const { address, rev } of actors) told.set(address, rev)
      if (takeAll(actors)) turnover.value++
    },
    onFailures: () => failed.value++,
  })
}

/** Takes in what the server has answered about the present. */
export function learn(actors: readonly ActorSummary[]): void {
  for (const { address, group } of actors) if (group !== undefined) owners.set(address, group)
  const news = actors.filter(({ address, rev }) => (told.get(address) ?? 0) < rev)
  for (const { address, rev } of news) told.set(address, rev)
  if (news.length > 0) takeAll(news)
}

/** Asks for those of some actors that are not known yet, with their owners. Those that do not exist stay unknown. */
export async function know(addresses: readonly string[], signal: AbortSignal): Promise<void> {
  const unknown = addresses.filter((address) => !told.has(address) || !owners.has(address))
  await Promise.all(
    lotsOf(unknown).map(async (address) =>
      learn((await client.ask('actors', { query: { address, limit: address.length }, signal })).actors),
    ),
  )
}

/** Most actors by name of one request. */
const LOT = 100

/** Returns addresses in lots that one request takes. */
export function lotsOf(addresses: readonly string[]): string[][] {
  const lots: string[][] = []
  let length = Number.POSITIVE_INFINITY
  for (const address of addresses) {
    length += address.length
    const last = lots.at(-1)
    if (last === undefined || length > ADDRESSES_MAX || last.length === LOT) {
      lots.push([address])
      length = address.length
    } else last.push(address)
  }
  return lots
}

/** Returns whether one of them has another place in the list now. */
function takeAll(news: readonly (Activity | ActorSummary)[]): boolean {
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
    if (hasMoved) membership.value++
    activity.value++
  })
  return hasMoved
}

/** Removes actors of which nothing is known any more. */
function drop(addresses: readonly string[]): void {
  if (addresses.length === 0) return
  for (const address of addresses) all.delete(address)
  batch(() => {
    membership.value++
    activity.value++
  })
}
