import { expect, it } from 'vitest'
import { moveFrom } from '../../tools/inspector/state/play.ts'

/** Records at these ms. */
const life = (...at: number[]) => at.map((ms, i) => ({ rev: i + 1, at: ms }))

it.each([
  ['steadily', life(0, 3_000), 1, 'steady', { rev: 2, waitMs: 900 }],
  ['with the pause that there was', life(0, 3_000), 1, 1, { rev: 2, waitMs: 3_000 }],
  ['ten times as fast', life(0, 3_000), 1, 10, { rev: 2, waitMs: 300 }],
  ['with a long pause shortened', life(0, 60_000), 1, 1, { rev: 2, waitMs: 5_000 }],
  ['with what happened in an instant as one move', life(0, 0, 99, 100, 101), 1, 1, { rev: 4, waitMs: 100 }],
  ['with more in one move where it is faster', life(0, 500, 999, 1_001), 1, 10, { rev: 3, waitMs: 100 }],
  ['one by one where the next is not known', life(0), 1, 100, { rev: 2, waitMs: 100 }],
  ['from the beginning where no record is at the moment', life(0), 0, 1, { rev: 1, waitMs: 100 }],
  ['with time that goes back', life(100, 50), 1, 1, { rev: 2, waitMs: 100 }],
] as const)('plays %s', (_, records, rev, speed, move) => {
  expect(moveFrom(records, rev, speed)).toEqual(move)
})
