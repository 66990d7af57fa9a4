/** What is held of a symbol that the venue lists no more is closed, or handed to a person. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Floor } from '../machines/floor.ts'
import { CROSS_UP } from './kit.ts'

describe.each<[string, string | undefined]>([
  ['trades no more', 'BREAK'],
  ['is listed no more', undefined],
])('a strategy whose symbol %s while it holds', (_, status) => {
  let floor: Floor
  let entered: string

  const list = (instruments: object[]) =>
    floor.send('universe/paper', { type: 'INSTRUMENTS_LISTED', instruments })

  beforeAll(async () => {
    const params = { interval: '1s', orderQty: '1', fast: 2, slow: 4 }
    floor = await Floor.open({
      symbol: { intervals: ['1s'] },
      universe: { filters: { quoteAssets: ['USDT'] } },
      strategies: [{ id: 't', type: 'emaCross', symbol: 'universe', ...params }],
    })
    const listed = { symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT' }
    await list([{ ...listed, status: 'TRADING' }])
    for (const px of CROSS_UP) {
      await floor.pass(1_000)
      await floor.price(px)
    }
    await floor.pass(1_000)
    entered = floor.held
    expect(floor.value('emaCross/t-BTCUSDT')).toMatchObject({ trade: 'holding' })
    await list(status === undefined ? [] : [{ ...listed, status }])
    await floor.pass(1_000)
  })

  it('enters nothing more', () => {
    expect(entered).toBe('1')
    expect(floor.value('emaCross/t-BTCUSDT')).toMatchObject({ mode: 'stopped' })
  })

  it.fails('is out, or a person is asked', async () => {
    const reviews = await floor.emitted('MANUAL_REVIEW_REQUIRED')
    expect({ held: floor.held, reviews: reviews.length }).not.toEqual({ held: '1', reviews: 0 })
  })
})
