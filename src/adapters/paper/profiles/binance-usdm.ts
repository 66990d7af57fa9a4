/** Binance's USD-M futures, as their documents say. */
import { contractsProfile } from './binance-contracts.ts'

const DOCS = 'developers.binance.com/docs/derivatives/usds-margined-futures'

export const BINANCE_USDM = contractsProfile({
  name: 'binance-usdm',
  contract: 'linear',
  docs: DOCS,
  times: ['GTC', 'IOC', 'FOK', 'GTD'],
  wouldTake: {
    code: -5022,
    text: 'Due to the order could not be executed as maker, the Post Only order will be rejected.',
  },
  duplicate: { code: -4116, text: 'ClientOrderId is duplicated.' },
  marketFar: -4131,
  notional: -4164,
  amendNotional: -5029,
  amendSame: -5027,
  amendType: -5025,
  ways: [
    {
      rule: 'A commission is taken in the asset that the contract settles in. With `feeIn: bnb` it is 90% of that, in BNB.',
      answer: '',
      source: 'binance.com/en/fee/futureFee',
    },
  ],
})
