import { expect, it } from 'vitest'
import { turn } from '../../src/sinks/turn.ts'

it('gives each turn a round of the event loop of its own', async () => {
  const order: string[] = []
  // Each immediate is queued by the one before it, so each is in another round.
  const round = (n: number): void => {
    order.push(`round ${n}`)
    if (n < 5) setImmediate(() => round(n + 1))
  }
  setImmediate(() => round(1))
  await Promise.all(['a', 'b', 'c'].map((name) => turn().then(() => order.push(name))))
  expect(order).toEqual(['round 1', 'a', 'round 2', 'b', 'round 3', 'c'])
})
