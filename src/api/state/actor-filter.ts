/** Judges whether an actor passes the filter of a list: for the server, and for a reader of a closed log. */
import { compact } from '../../../errors/compact.ts'
import type { ActorView } from '../../runtime/actors/actor-view.ts'
import { idOf, kindOf } from '../../runtime/record/address.ts'
import type { StateValue } from '../../runtime/record/record.ts'
import type { ActorFilter } from '../contract/actor-filter.ts'
import { isFailed, isOpen } from '../contract/standing.ts'
import { isFailing } from '../routes/failures.ts'

/** The parts of an actor that a filter asks for. */
export type Filterable = Pick<ActorView, 'address' | 'status' | 'condition' | 'failures' | 'value' | 'at'> &
  Partial<Pick<ActorView, 'tags' | 'context' | 'error'>>

type Test = (actor: Filterable) => boolean

/** Returns the test of the part of a filter for which the address is enough. */
export function addressTest({ kind, name, end }: ActorFilter): (address: string) => boolean {
  const words = name?.toLowerCase().split(' ').filter(Boolean) ?? []
  return (address) => {
    if (kind !== undefined && kindOf(address) !== kind) return false
    if (end !== undefined && !address.endsWith(end)) return false
    return words.length === 0 || isNamed(address.toLowerCase(), words)
  }
}

const isNamed = (address: string, words: readonly string[]): boolean =>
  words.every((word) => address.includes(word))

/** Returns the test whether an address may decide about the symbol of a filter, which is else that of the context. */
export function namingTest({ symbol }: ActorFilter): (address: string) => boolean {
  if (symbol === undefined) return () => false
  const wanted = plainSymbol(symbol)
  // The venue of a symbol is that of the address.
  return wanted.includes(':') ? () => true : (address) => plainSymbol(address).includes(wanted)
}

/** Returns whether the addresses of actors are enough to tell which of them pass a filter. */
export function isOfAddresses({ kind: _, name: _n, end: _e, ...filter }: ActorFilter): boolean {
  return Object.values(filter).every((value) => value === undefined)
}

/** Returns the test of a filter. `now` is the present time in epoch ms. */
export function actorTest(filter: ActorFilter, now: number): Test {
  const { state, tag, symbol, condition, changedSince } = filter
  const isAddressed = addressTest(filter)
  const tests: Test[] = [({ address }) => isAddressed(address)]
  if (changedSince !== undefined) tests.push(({ at }) => at >= changedSince)
  if (condition !== undefined) tests.push((actor) => isSo(actor, condition, now))
  if (state !== undefined) tests.push(({ value }) => isIn(value, state))
  if (tag !== undefined) tests.push(({ tags = [] }) => tags.includes(tag))
  if (symbol !== undefined) {
    const wanted = plainSymbol(symbol)
    tests.push((actor) => symbolsOf(actor).some((one) => plainSymbol(one) === wanted))
  }
  return (actor) => tests.every((test) => test(actor))
}

function isSo(actor: Filterable, condition: NonNullable<ActorFilter['condition']>, now: number): boolean {
  if (condition === 'ended') return actor.status !== 'active'
  if (condition === 'failing') return isFailing(actor, now)
  if (condition === 'failed') return isFailed({ tags: [], ...actor })
  if (condition === 'open') return isOpen({ tags: [], ...actor })
  return actor.status === 'active' && actor.condition === condition
}

/** Returns whether a part of the state's path is the wanted one: `execution.filled` is in `execution` and in `filled`. */
function isIn(value: StateValue, wanted: string): boolean {
  return pathsOf(value).some((path) => `.${path}.`.includes(`.${wanted}.`))
}

function pathsOf(value: StateValue): string[] {
  if (typeof value === 'string') return [value]
  return Object.entries(value).flatMap(([key, below]) => {
    const paths = below === undefined ? [] : pathsOf(below)
    return paths.length === 0 ? [key] : paths.map((path) => `${key}.${path}`)
  })
}

interface Named {
  readonly symbol?: unknown
  readonly instrument?: unknown
  /** An order has its symbol in its terms, and a strategy in its parameters. */
  readonly terms?: Named
  readonly params?: Named
}

/** Returns the part of a context by which an actor is found by its symbol; undefined when it names none. */
export function namesIn(context: unknown): Named | undefined {
  if (typeof context !== 'object' || context === null) return undefined
  const { symbol, instrument, terms, params } = context as Named
  const text = (one: unknown) => (typeof one === 'string' ? one : undefined)
  const names = compact({
    symbol: text(symbol),
    instrument: text(instrument),
    terms: namesIn(terms),
    params: namesIn(params),
  })
  return Object.keys(names).length === 0 ? undefined : names
}

/**
 * Returns the names of the symbol that the actor is about: from its context, and from an address such as
 * `position/sim:BTCUSDT`.
 */
function symbolsOf({ address, context }: Filterable): string[] {
  const [, venue = '', ofAddress] = /^([^:/]+):([^:/]+)/.exec(idOf(address)) ?? []
  const found = typeof context === 'object' && context !== null ? (context as Named) : {}
  const named = [found, found.terms, found.params].flatMap((one) => [one?.symbol, one?.instrument])
  const symbols = [ofAddress, ...named].filter((name) => typeof name === 'string')
  return venue === '' ? symbols : symbols.flatMap((name) => [name, `${venue}:${name}`])
}

/** Returns a symbol without what venues write differently: the case, and signs between the two assets. */
function plainSymbol(symbol: string): string {
  return symbol.replace(/[/_-]/g, '').toUpperCase()
}
