import { describe, expect, it } from 'vitest'
import { type OrderTerms, problemOf } from '../../machines/index.ts'

const LIMIT = { ordType: 'LIMIT', price: '100' } as const
const terms = (change: Partial<OrderTerms>): OrderTerms => ({
  symbol: 'BTCUSDT',
  side: 'BUY',
  ordType: 'MARKET',
  orderQty: '1',
  timeInForce: 'GTC',
  ...change,
})

describe('the terms of an order', () => {
  it.each<[string, Partial<OrderTerms>]>([
    ['a market order', {}],
    ['a limit order', LIMIT],
    ['a stop', { ordType: 'STOP', stopPx: '90' }],
    ['a stop-limit', { ordType: 'STOP_LIMIT', stopPx: '90', price: '89' }],
    ['a trailing stop', { ordType: 'TRAILING_STOP', trailingOffset: '2' }],
    ['a take-profit', { ordType: 'TAKE_PROFIT', stopPx: '110' }],
    ['a take-profit with a limit', { ordType: 'TAKE_PROFIT_LIMIT', stopPx: '110', price: '109' }],
    ['an order for a time', { ...LIMIT, timeInForce: 'GTD', expireTime: 1_001 }],
    ['an order that only rests', { ...LIMIT, timeInForce: 'DAY', postOnly: true }],
  ])('go together: %s', (_, change) => {
    expect(problemOf(terms(change), 1_000)).toBeUndefined()
  })

  it.each<[Partial<OrderTerms>, string, string]>([
    [{ orderQty: '0' }, 'orderQty', '0'],
    [{ orderQty: '-1' }, 'orderQty', '-1'],
    [{ orderQty: 'NaN' }, 'orderQty', 'NaN'],
    [{ orderQty: '1e5' }, 'orderQty', '1e5'],
    [{ ordType: 'LIMIT' }, 'price', 'none'],
    [{ ordType: 'LIMIT', price: '0.00' }, 'price', '0.00'],
    [{ ordType: 'STOP', price: '100' }, 'stopPx', 'none'],
    [{ ordType: 'STOP_LIMIT', stopPx: '90' }, 'price', 'none'],
    [{ ordType: 'TAKE_PROFIT_LIMIT', price: '90' }, 'stopPx', 'none'],
    [{ ordType: 'TRAILING_STOP', stopPx: '90' }, 'trailingOffset', 'none'],
    [{ ...LIMIT, timeInForce: 'GTD' }, 'expireTime', 'none'],
    [{ ...LIMIT, timeInForce: 'GTD', expireTime: 1_000 }, 'expireTime', '1000'],
    [{ postOnly: true }, 'postOnly', 'MARKET GTC'],
    [{ ...LIMIT, postOnly: true, timeInForce: 'FOK' }, 'postOnly', 'LIMIT FOK'],
  ])('are refused by field: %j', (change, field, value) => {
    expect(problemOf(terms(change), 1_000)).toMatchObject({ field, value })
  })
})
