/** Binance's COIN-M futures, as their documents say. Quantities are contracts. No recorded answers were at hand to hold it against. */
import { contractsProfile } from './binance-contracts.ts'

const DOCS = 'developers.binance.com/docs/derivatives/coin-margined-futures'

export const BINANCE_COINM = contractsProfile({
  name: 'binance-coinm',
  contract: 'inverse',
  docs: DOCS,
  times: ['GTC', 'IOC', 'FOK'],
  // The documents have no code for these two.
  wouldTake: { text: 'the order could not be executed as maker' },
  duplicate: { text: 'the client order id is not unique among open orders' },
  marketFar: -4113,
  notional: -4178,
  amendNotional: -4178,
  amendSame: -4197,
  amendType: -4196,
  ways: [
    {
      rule: 'A commission is taken in the asset that the contract settles in, its coin.',
      answer: '',
      source: `${DOCS}/account/rest-api`,
    },
  ],
})
