import { expect, it } from 'vitest'
import { TradeIds } from '../../src/adapters/trade-ids.ts'

it('remembers a bounded number of gaps, however they come about', () => {
  const ids = new TradeIds()
  ids.take(1, 1)
  ids.take(1_000_000, 1_000_000)
  // Each of these leaves one gap more.
  for (let id = 10; id <= 2_010; id += 2) ids.take(id, id)
  const late = Array.from({ length: 2_010 }, (_, i) => i + 2).filter((id) => ids.isNew(id, id))
  expect(late.length).toBeLessThan(200)
  expect(late).toContain(2_009)
  expect(ids.isNew(2_010, 2_010)).toBe(false)
})
