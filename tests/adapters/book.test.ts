import { describe, expect, it } from 'vitest'
import { OrderBook } from '../../src/adapters/binance/order-book.ts'
import type { Level } from '../../src/adapters/book-side.ts'

const update = (firstId: number, lastId: number, bids: Level[] = [], asks: Level[] = []) => ({
  firstId,
  lastId,
  bids,
  asks,
})
const snapshot = {
  lastUpdateId: 10,
  bids: [
    ['9', '1'],
    ['8', '1'],
  ] as Level[],
  asks: [['11', '1']] as Level[],
}

describe('an order book', () => {
  it('keeps both sides best first, and takes levels away', () => {
    const book = new OrderBook()
    book.reset(snapshot)
    book.apply(
      update(
        11,
        12,
        [
          ['9.5', '2'],
          ['8', '0'],
        ],
        [
          ['10.5', '3'],
          ['11', '4'],
        ],
      ),
    )
    expect(book.bids(5)).toEqual([
      ['9.5', '2'],
      ['9', '1'],
    ])
    expect(book.asks(5)).toEqual([
      ['10.5', '3'],
      ['11', '4'],
    ])
  })

  it('applies what came before its snapshot only where it follows it', () => {
    const book = new OrderBook()
    for (const u of [
      update(5, 9, [['1', '1']]),
      update(9, 12, [['9.1', '1']]),
      update(13, 14, [['9.2', '1']]),
    ])
      book.apply(u)
    expect(book.status).toBe('waiting')
    book.reset(snapshot)
    expect([book.status, book.lastId, book.bids(1)]).toEqual(['synced', 14, [['9.2', '1']]])
  })

  it('breaks at a gap, and is whole again after the next snapshot', () => {
    const book = new OrderBook()
    book.reset(snapshot)
    book.apply(update(11, 12))
    expect(book.apply(update(14, 15, [['9.9', '1']]))).toBe(false)
    expect(book.status).toBe('broken')
    book.reset({ ...snapshot, lastUpdateId: 20 })
    expect([book.status, book.lastId]).toEqual(['synced', 20])
  })

  it('is whole as long as its chain is, also where both sides meet', () => {
    const book = new OrderBook()
    book.reset(snapshot)
    expect(book.apply(update(11, 12, [['12', '1']]))).toBe(true)
    expect([book.status, book.bids(1), book.asks(1)]).toEqual(['synced', [['12', '1']], [['11', '1']]])
  })

  it('ignores an older snapshot, and one that does not reach what came since it broke', () => {
    const book = new OrderBook()
    book.reset(snapshot)
    book.apply(update(11, 12, [['9.5', '1']]))
    expect(book.reset({ ...snapshot, lastUpdateId: 11 })).toBe(false)
    expect([book.status, book.lastId, book.bids(1)]).toEqual(['synced', 12, [['9.5', '1']]])
    book.apply(update(20, 21))
    expect(book.reset({ ...snapshot, lastUpdateId: 15 })).toBe(false)
    expect(book.status).toBe('broken')
    expect(book.reset({ ...snapshot, lastUpdateId: 19 })).toBe(true)
    expect([book.status, book.lastId]).toEqual(['synced', 21])
  })

  it.each([
    ['before its snapshot', true],
    ['after its snapshot', false],
  ])(
    'of futures goes on from a snapshot that has the id of an update, when the next one comes %s',
    (_, isBefore) => {
      const book = new OrderBook()
      const [first, next] = [
        { ...update(101, 110), previousId: 90 },
        { ...update(115, 120, [['9.9', '1']]), previousId: 110 },
      ]
      book.apply(first)
      if (isBefore) book.apply(next)
      book.reset({ ...snapshot, lastUpdateId: 110 })
      if (!isBefore) book.apply(next)
      expect([book.status, book.lastId, book.bids(1)]).toEqual(['synced', 120, [['9.9', '1']]])
    },
  )

  it('follows futures by the id of the update before', () => {
    const book = new OrderBook()
    book.reset(snapshot)
    book.apply(update(8, 12))
    expect(book.apply({ ...update(20, 25), previousId: 12 })).toBe(true)
    expect(book.apply({ ...update(30, 35), previousId: 24 })).toBe(false)
    expect(book.status).toBe('broken')
  })
})
