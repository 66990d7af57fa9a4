import { assertEvent, enqueueActions, not, setup } from 'xstate'
import { z } from 'zod'
import type { DomainEvents } from '../events/domain.ts'
import { type InstrumentsListed, instrumentsListed } from '../events/universe.ts'
import { type Filtered, selectUniverse, universeFilters } from './universe-filters.ts'

export const universeInput = z.strictObject({ venue: z.string(), filters: universeFilters })
export type UniverseInput = z.infer<typeof universeInput>

export interface UniverseContext extends UniverseInput {
  /** In it, in order of their names. */
  readonly symbols: readonly string[]
  /** Which filter keeps each of the others out. */
  readonly filtered: Readonly<Record<string, Filtered['filter']>>
}

export const universeEvents = z.discriminatedUnion('type', [instrumentsListed])

export const universeMachine = setup({
  types: {} as {
    input: UniverseInput
    context: UniverseContext
    events: InstrumentsListed
    emitted: DomainEvents<'UNIVERSE_UPDATED' | 'SYMBOL_FILTERED'>
  },
  guards: { hasSymbols: ({ context }) => context.symbols.length > 0 },
  actions: {
    select: enqueueActions(({ context, event, enqueue }) => {
      assertEvent(event, 'INSTRUMENTS_LISTED')
      const { at, instruments } = event
      const { venue, filters, symbols: were } = context
      const { symbols, filtered } = selectUniverse(filters, instruments, at)
      for (const refusal of filtered) {
        if (context.filtered[refusal.symbol] === refusal.filter) continue
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
    }),
  },
}).createMachine({
  id: 'universe',
  version: '1',
  description: 'Which symbols of a venue are traded: those of its listing that pass the filters.',
  context: ({ input }) => ({ ...input, symbols: [], filtered: {} }),
  initial: 'empty',
  on: { INSTRUMENTS_LISTED: { actions: 'select' } },
  states: {
    empty: { always: { guard: 'hasSymbols', target: 'selected' } },
    selected: { always: { guard: not('hasSymbols'), target: 'empty' } },
  },
})

function without(symbols: readonly string[], others: readonly string[]): string[] {
  const known = new Set(others)
  return symbols.filter((symbol) => !known.has(symbol))
}
