/** The events that a symbol accepts, emits and sends. */
import { candleClose, candleUpdate, mark, subscribe } from '../events/candle.ts'
import { configure } from '../events/configure.ts'
import {
  connection,
  connectionChanged,
  dataStale,
  funding,
  fundingUpdate,
  marketOrderBook,
  marketQuote,
  marketTick,
  marketTrade,
  orderBook,
  quote,
  trade,
} from '../events/market.ts'
import { type Accepted, declare } from '../kind/kind.ts'
import { symbolSettings } from './symbol-input.ts'

export const symbolDeclaration = declare({
  accepts: [trade, quote, orderBook, funding, connection, subscribe, configure(symbolSettings)],
  emits: [
    marketTick,
    marketTrade,
    marketQuote,
    marketOrderBook,
    candleClose,
    fundingUpdate,
    dataStale,
    connectionChanged,
  ],
  /** Goes to its subscribers. */
  sends: { '*': [candleClose, candleUpdate, mark] },
  commands: [],
  classes: {
    TRADE: 'high-frequency',
    QUOTE: 'high-frequency',
    ORDER_BOOK: 'high-frequency',
    MARKET_TICK: 'high-frequency',
    MARKET_QUOTE: 'high-frequency',
    MARKET_ORDER_BOOK: 'high-frequency',
  },
})

/** The events that may come from outside. */
export const symbolEvents = symbolDeclaration.events
export type SymbolEvent = Accepted<typeof symbolDeclaration>
