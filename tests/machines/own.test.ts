/** Symbols, assets and ids of a venue become keys, and may be called as what every object has. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Portfolio, riskPx, withMovements } from '../../machines/account/portfolio.ts'
import { orderRequest } from '../../machines/events/order-requests.ts'
import type { VenueState } from '../../machines/events/reconciliation.ts'
import { balanceOf, type HeldPosition } from '../../machines/index.ts'
import { name } from '../../machines/model/fields.ts'
import { ownOf } from '../../machines/model/own.ts'
import { differencesOf } from '../../machines/reconciliation/differences.ts'
import { SEED } from '../seeded.ts'

const OF_EVERY_OBJECT = Object.getOwnPropertyNames(Object.prototype).filter((key) => key !== '__proto__')
const portfolio: Portfolio = {
  asset: 'USDT',
  balances: {},
  working: {},
  positions: {} as Readonly<Record<string, HeldPosition>>,
  instruments: [],
  marks: {},
}

describe.each(OF_EVERY_OBJECT)('what is called %s', (key) => {
  it('is not known before it is told', () => {
    const request = orderRequest.parse({
      type: 'ORDER_REQUEST',
      at: 1,
      clOrdId: 'o1',
      owner: 'strategy/s',
      venue: 'paper',
      symbol: key,
      side: 'BUY',
      ordType: 'MARKET',
      orderQty: '1',
      timeInForce: 'GTC',
      refPx: '100',
    })
    expect([balanceOf(portfolio, key), riskPx(portfolio, request)]).toEqual(['0', '100'])
  })

  it('is counted as any other', () => {
    const once = withMovements({}, [{ asset: key, change: '2' }])
    expect(balanceOf({ balances: withMovements(once, [{ asset: key, change: '3' }]) }, key)).toBe('5')
  })

  it('differs where only the venue has it', () => {
    const here = { working: {}, positions: {}, balances: {} }
    const venue: VenueState = {
      type: 'VENUE_STATE',
      at: 1,
      openOrders: [],
      fills: [],
      flows: [],
      positions: [{ symbol: key, quantity: '1' }],
      balances: [{ asset: key, balance: '2' }],
      here,
    }
    expect(differencesOf(venue, here)).toEqual([
      { what: 'position', id: key, here: '0', there: '1' },
      { what: 'balance', id: key, here: '0', there: '2' },
    ])
  })
})

it(`a record has what was put into it, whatever its keys are called, seed ${SEED}`, () => {
  const keys = fc.oneof(fc.constantFrom(...OF_EVERY_OBJECT), fc.string())
  fc.assert(
    fc.property(fc.dictionary(keys, fc.integer()), keys, (record, key) => {
      expect(ownOf(record, key)).toBe(new Map(Object.entries(record)).get(key))
    }),
    { seed: SEED },
  )
})

it.each(['__proto__', '__proto__USDT', 'A:__proto__'])(
  '%s is no name, for no record can have it as a key',
  (text) => {
    expect(name.safeParse(text).success).toBe(false)
  },
)
