/** The two assets of a symbol, whatever its venue puts between them. */
import { describe, expect, it } from 'vitest'
import { assetPx } from '../../machines/account/portfolio.ts'
import { baseAssetOf, quoteAssetOf, settleAssetOf } from '../../machines/model/contract.ts'

describe.each([['BTCUSDT'], ['BTC-USDT'], ['BTC/USDT'], ['BTC_USDT'], ['BTC:USDT'], ['BTC.USDT']])(
  '%s',
  (symbol) => {
    it('is of BTC, and paid in USDT', () => {
      expect([baseAssetOf(symbol), quoteAssetOf(symbol)]).toEqual(['BTC', 'USDT'])
      expect(baseAssetOf(symbol, 'USDT')).toBe('BTC')
      expect(settleAssetOf('inverse', symbol)).toBe('BTC')
    })

    it('has the price of what is owned of BTC', () => {
      const portfolio = { asset: 'USDT', balances: {}, working: {}, positions: {}, instruments: [] }
      expect(assetPx({ ...portfolio, marks: { [symbol]: '100' } }, 'BTC')).toBe('100')
      expect(assetPx({ ...portfolio, marks: {} }, 'BTC')).toBeUndefined()
    })
  },
)

it.each([
  ['SKL-USD', 'USD', 'SKL'],
  ['SKL-USDT', 'USDT', 'SKL'],
  ['USDT', 'USDT', 'USDT'],
  ['-USDT', 'USDT', '-'],
  ['GOLD', 'USDT', 'GOLD'],
  ['BTC-PERP', 'USDT', 'BTC-PERP'],
])('of %s, paid in %s, is %s', (symbol, asset, base) => {
  expect(baseAssetOf(symbol, asset)).toBe(base)
})
