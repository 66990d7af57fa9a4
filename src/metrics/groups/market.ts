import type { Group } from '../family.ts'

/** The part of a runner that says what has come from outside. */
export interface MarketSource {
  /** Messages of the market that were believed, by kind. */
  readonly messages: Readonly<Record<string, number>>
  /** Messages that were not believed, by reason. */
  readonly refused: Readonly<Record<string, number>>
  /** The number of symbols without a connection to their market. */
  readonly disconnected: number
  /** Time of the last market message in the log, in epoch ms; undefined before the first. */
  readonly lastAt: number | undefined
  /** Requests to servers outside, by outcome. */
  readonly fetches: Readonly<Record<string, number>>
}

export const MARKET: Group<MarketSource> = {
  name: 'The market',
  about: 'Of a runner: what comes from outside.',
  families: [
    {
      name: 'outcry_market_messages_total',
      help: 'Market messages that were believed',
      type: 'counter',
      labels: { kind: 'kind of the message, as its source calls it' },
      read: ({ messages }) => Object.entries(messages),
    },
    {
      name: 'outcry_market_messages_refused_total',
      help: 'Market messages that were not believed, and changed nothing',
      type: 'counter',
      labels: { reason: '`JSON`, `SCHEMA`, `SYMBOL`, `PRICE`, `QUANTITY`, `TIME`, `REPEATED` and the like' },
      read: ({ refused }) => Object.entries(refused),
    },
    {
      name: 'outcry_market_symbols_disconnected',
      help: 'Symbols without a connection to their market',
      type: 'gauge',
      read: ({ disconnected }) => disconnected,
    },
    {
      name: 'outcry_market_last_message_timestamp_seconds',
      help: "Time of the last market message, by the market's clock, without what is said of connections; absent before the first",
      type: 'gauge',
      read: ({ lastAt }) => (lastAt === undefined ? undefined : lastAt / 1_000),
    },
    {
      name: 'outcry_data_fetches_total',
      help: 'Requests to servers outside: listings, snapshots of order books, news',
      type: 'counter',
      labels: { outcome: '`ok`, `refused` by the server, or `failed`' },
      read: ({ fetches }) => Object.entries(fetches),
    },
  ],
}
