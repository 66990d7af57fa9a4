import { assertEvent, assign, enqueueActions, not, setup } from 'xstate'
import { z } from 'zod'
import type { DomainEvents } from '../events/domain.ts'
import type { StartStrategy, StopStrategy } from '../events/strategy.ts'
import { follow, instrumentsListed, unfollow } from '../events/universe.ts'
import { tell } from '../kind/tell.ts'
import { ownOf } from '../model/own.ts'
import { type Filtered, selectUniverse, setUniverseFilters, universeFilters } from './universe-filters.ts'

export const universeInput = z.strictObject({ venue: z.string(), filters: universeFilters })
export type UniverseInput = z.infer<typeof universeInput>

export interface UniverseContext extends UniverseInput {
  /** In it, in order of their names. */
  readonly symbols: readonly string[]
  /** Which filter keeps each of the others out. */
  readonly filtered: Readonly<Record<string, Filtered['filter']>>
  readonly followers: readonly Follower[]
}

/** A strategy that trades while its symbol is in. */
interface Follower {
  readonly address: string
  readonly symbol: string
}

/** The events that may come from outside. */
export const universeEvents = z.discriminatedUnion('type', [
  instrumentsListed,
  follow,
  unfollow,
  setUniverseFilters,
])

export const universeMachine = setup({
  types: {} as {
    input: UniverseInput
    context: UniverseContext
    events: z.infer<typeof universeEvents>
    emitted: DomainEvents<'UNIVERSE_UPDATED' | 'SYMBOL_FILTERED'>
  },
  guards: {
    hasSymbols: ({ context }) => context.symbols.length > 0,
    isNew: ({ context, event }) =>
      event.type === 'FOLLOW' && !context.followers.some(({ address }) => address === event.subscriber),
  },
  actions: {
    select: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'INSTRUMENTS_LISTED')
      const { at, instruments } = event
      const { venue, filters, symbols: were, followers } = context
      const { symbols, filtered } = selectUniverse(filters, instruments, at)
      for (const refusal of filtered) {
        if (ownOf(context.filtered, refusal.symbol) === refusal.filter) continue
        enqueue.emit({ type: 'SYMBOL_FILTERED', at, venue, ...refusal })
      }
      const added = without(symbols, were)
      const removed = without(were, symbols)
      if (added.length > 0 || removed.length > 0) {
        enqueue.emit({ type: 'UNIVERSE_UPDATED', at, venue, added, removed, symbols })
      }
      enqueue.assign({
        symbols,
        filtered: Object.fromEntries(filtered.map(({ symbol, filter }) => [symbol, filter])),
      })
      for (const { address, symbol } of followers) {
        if (added.includes(symbol)) enqueue(tell(address, start(at)))
        if (removed.includes(symbol)) enqueue(tell(address, stop(at, symbol, filtered)))
      }
    }),
    addFollower: enqueueActions(({ context: { followers, symbols }, event, enqueue }) => {
      assertEvent(event, 'FOLLOW')
      const { at, subscriber: address, symbol } = event
      enqueue.assign({ followers: [...followers, { address, symbol }] })
      if (symbols.includes(symbol)) enqueue(tell(address, start(at)))
    }),
    dropFollower: assign(({ context: { followers }, event }) => {
      assertEvent(event, 'UNFOLLOW')
      return { followers: followers.filter(({ address }) => address !== event.subscriber) }
    }),
    setFilters: assign(({ event }) => {
      assertEvent(event, 'SET_UNIVERSE_FILTERS')
      return { filters: event.filters }
    }),
  },
}).createMachine({
  id: 'universe',
  version: '2',
  description: 'Which symbols of a venue are traded: those of its listing that pass the filters.',
  context: ({ input }) => ({ ...input, symbols: [], filtered: {}, followers: [] }),
  initial: 'empty',
  on: {
    INSTRUMENTS_LISTED: { actions: 'select' },
    FOLLOW: { guard: 'isNew', actions: 'addFollower' },
    UNFOLLOW: { actions: 'dropFollower' },
    SET_UNIVERSE_FILTERS: { actions: 'setFilters' },
  },
  states: {
    empty: { always: { guard: 'hasSymbols', target: 'selected' } },
    selected: { always: { guard: not('hasSymbols'), target: 'empty' } },
  },
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
