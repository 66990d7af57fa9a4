/** The profile of a venue that forgives: it takes every order whose terms make sense. */
import { PAPER_CAPABILITIES } from '../capabilities.ts'
import { NOTHING_TO_REDUCE, type VenueProfile, WOULD_TAKE } from '../engine/profile.ts'

const SOURCE = 'the paper venue of the first builds'

export const LENIENT: VenueProfile = {
  name: 'lenient',
  capabilities: PAPER_CAPABILITIES,
  answers: {
    unknownSymbol: (symbol) => ({ text: `unknown symbol ${symbol}: no market data has come for it` }),
    problem: ({ field, rule, value }) => ({ text: `${field} has to be ${rule}, not ${value}` }),
    wouldTake: { text: WOULD_TAKE },
    notReducing: { text: NOTHING_TO_REDUCE, ordRejReason: 'REDUCE_ONLY' },
    // It names no id: those of the venue are none of the log's, and a text goes there as it is.
    unknownOrder: (endedAs) => ({
      text: endedAs === undefined ? 'unknown order' : `too late: the order is ${endedAs}`,
    }),
  },
  rules: [],
  amendRules: [],
  ways: [
    { rule: 'There are no filters and no balances.', answer: '', source: SOURCE },
    { rule: 'The rest of a market order waits for further prices.', answer: '', source: SOURCE },
    { rule: 'A stop whose price is reached already triggers at once.', answer: 'TRIGGERED', source: SOURCE },
    { rule: 'A replace may change price and quantity, up and down.', answer: 'REPLACED', source: SOURCE },
    { rule: 'A ClOrdID that was used before changes nothing.', answer: '', source: SOURCE },
  ],
  unfilled: 'CANCELED',
  marketWaits: true,
  locks: false,
  averages: false,
  feeIn: 'settle',
  bnbShare: '1',
  reduces: ({ reduceOnly }) => reduceOnly === true,
}
