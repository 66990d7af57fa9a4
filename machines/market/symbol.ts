import { setup } from 'xstate'
import * as actions from './symbol-actions.ts'
import type { SymbolTypes, Timed } from './symbol-context.ts'
import { symbolDeclaration } from './symbol-declaration.ts'
import { SYMBOL_AHEAD_MAX_MS } from './symbol-input.ts'
import { type SymbolContext3, symbolVersion3 } from './symbol-version-3.ts'

export const symbolMachine = setup({
  types: {} as SymbolTypes,
  delays: { staleAfter: ({ context }) => context.staleAfterMs },
  guards: {
    quiet: ({ context, event }) => (event as Timed).at - context.lastAt >= context.staleAfterMs,
    connected: ({ event }) => event.type === 'CONNECTION' && event.status === 'connected',
    disconnected: ({ event }) => event.type === 'CONNECTION' && event.status === 'disconnected',
    resyncing: ({ event }) => event.type === 'CONNECTION' && event.status === 'resyncing',
  },
  actions,
}).createMachine({
  id: 'symbol',
  version: '4',
  description:
    'The market of one symbol: its last trade, best prices and candles, and whether these are current.',
  context: ({ input }) => ({ ...input, lastAt: 0, candles: {}, subscribers: [] }),
  type: 'parallel',
  states: {
    connection: {
      initial: 'connecting',
      on: {
        CONNECTION: [
          { guard: 'connected', target: '.connected', actions: 'reportConnection' },
          { guard: 'disconnected', target: '.disconnected', actions: 'reportConnection' },
          { guard: 'resyncing', target: '.resyncing', actions: 'reportConnection' },
        ],
      },
      states: {
        connecting: {},
        connected: { tags: 'live' },
        disconnected: {},
        resyncing: { description: 'A depth update is missing. The order book is read again.' },
      },
    },
    freshness: {
      initial: 'stale',
      states: {
        stale: { on: { TRADE: 'fresh', QUOTE: 'fresh', ORDER_BOOK: 'fresh' } },
        fresh: {
          tags: 'fresh',
          // A timer per event would be a record per event; this one looks back once in a while.
          after: {
            staleAfter: [
              { guard: 'quiet', target: 'stale', actions: 'reportStale' },
              { target: 'fresh', reenter: true },
            ],
          },
        },
      },
    },
    prices: {
      initial: 'tracking',
      states: {
        tracking: {
          on: {
            TRADE: { actions: 'takeTrade' },
            QUOTE: { actions: 'takeQuote' },
            ORDER_BOOK: { actions: 'takeBook' },
            FUNDING: { actions: 'reportFunding' },
            SUBSCRIBE: { actions: 'addSubscriber' },
            CONFIGURE: { actions: 'configure' },
          },
        },
      },
    },
  },
})

/** The upgrade from version 3. */
export const symbolFromVersion3 = {
  from: '3',
  to: '4',
  migrate: ({ value, context }: { readonly value: unknown; readonly context: unknown }) => {
    const { connection } = value as { readonly connection: string }
    const isDisrupted = connection === 'disconnected' || connection === 'resyncing'
    return { value, context: { ...(context as SymbolContext3), ...(isDisrupted && { isDisrupted }) } }
  },
}

/** The kind for the registry. */
export const symbolKind = {
  ...symbolDeclaration,
  machine: symbolMachine,
  aheadMaxMs: SYMBOL_AHEAD_MAX_MS,
  holds: () => 'it knows who is to get its candles',
  previous: [symbolVersion3],
  upgrades: [symbolFromVersion3],
}
