/** The actions of a universe. */
import { assertEvent } from 'xstate'
import type { StartStrategy, StopStrategy } from '../events/strategy.ts'
import { acts } from '../kind/kind.ts'
import { ownOf } from '../model/own.ts'
import type { UniverseTypes } from './universe-context.ts'
import { universeDeclaration } from './universe-declaration.ts'
import { type Filtered, selectUniverse } from './universe-filters.ts'

const { action, emit, tell } = acts(universeDeclaration, {} as UniverseTypes)

export const select = action(({ context, event, enqueue }) => {
  assertEvent(event, 'INSTRUMENTS_LISTED')
  const { at, instruments } = event
  const { venue, filters, symbols: were, followers } = context
  const { symbols, filtered } = selectUniverse(filters, instruments, at)
  for (const refusal of filtered) {
    if (ownOf(context.filtered, refusal.symbol) === refusal.filter) continue
    enqueue(emit({ type: 'SYMBOL_FILTERED', at, venue, ...refusal }))
  }
  const added = without(symbols, were)
  const removed = without(were, symbols)
  if (added.length > 0 || removed.length > 0) {
    enqueue(emit({ type: 'UNIVERSE_UPDATED', at, venue, added, removed, symbols }))
  }
  enqueue.assign({
    symbols,
    filtered: Object.fromEntries(filtered.map(({ symbol, filter }) => [symbol, filter])),
  })
  for (const { address, symbol } of followers) {
    if (added.includes(symbol)) enqueue(tell(address, start(at)))
    if (removed.includes(symbol)) enqueue(tell(address, stop(at, symbol, filtered)))
  }
})

export const addFollower = action(({ context: { followers, symbols }, event, enqueue }) => {
  assertEvent(event, 'FOLLOW')
  const { at, subscriber: address, symbol } = event
  enqueue.assign({ followers: [...followers, { address, symbol }] })
  if (symbols.includes(symbol)) enqueue(tell(address, start(at)))
})

export const dropFollower = action(({ context: { followers }, event, enqueue }) => {
  assertEvent(event, 'UNFOLLOW')
  enqueue.assign({ followers: followers.filter(({ address }) => address !== event.subscriber) })
})

export const setFilters = action(({ event, enqueue }) => {
  assertEvent(event, 'SET_UNIVERSE_FILTERS')
  enqueue.assign({ filters: event.filters })
})

function without(symbols: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others)
  return symbols.filter((symbol) => !known.has(symbol))
}

function start(at: number): StartStrategy {
  return { type: 'START', at }
}

function stop(at: number, symbol: string, filtered: readonly Filtered[]): StopStrategy {
  const refusal = filtered.find((one) => one.symbol === symbol)
  const why = refusal ? `${refusal.filter} ${refusal.limit}, found ${refusal.value}` : 'listed no more'
  return { type: 'STOP', at, reason: `${symbol} is out of the universe: ${why}` }
}
