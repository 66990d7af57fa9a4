/** Captures of Binance's combined streams. */
import type { CaptureFormat } from '../capture-format.ts'
import { instrumentsOfVenue } from './instruments.ts'
import { BinanceDecoder } from './market-decoder.ts'
import { originOf } from './market-messages.ts'
import { BINANCE_MARKETS, marketOfVenue } from './markets.ts'

const STREAM = '{"stream":"'

export const binanceCaptures: CaptureFormat = {
  about: 'the combined streams of Binance: spot, USD-M or COIN-M futures',
  venues: Object.values(BINANCE_MARKETS).map(({ venue }) => venue),
  // Where a line does not begin with its stream, it has to be read.
  streamOf: (json) =>
    json.startsWith(STREAM) ? json.slice(STREAM.length, json.indexOf('"', STREAM.length)) : undefined,
  originOf(json) {
    const { symbol, market } = originOf(json) ?? {}
    return symbol === undefined ? undefined : { symbol, venue: market && BINANCE_MARKETS[market].venue }
  },
  // A depth snapshot, or the answer to a subscription.
  isAnswer: (json) => json.includes('"lastUpdateId"') || json.startsWith('{"result"'),
  decoder: ({ venue, symbols }) => new BinanceDecoder({ market: marketOfVenue(venue) ?? 'spot', symbols }),
  instruments: instrumentsOfVenue,
}
