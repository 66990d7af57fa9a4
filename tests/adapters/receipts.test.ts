import { describe, expect, it } from 'vitest'
import { ReceiptTimes } from '../../src/adapters/recording/receipts.ts'

const HOUR_MS = 3_600_000

/** What becomes of stamps, in ms: the time that counts, with a `!` where the stamp is not believed. */
function judged(...stamps: readonly number[]): (number | string)[] {
  const times = new ReceiptTimes()
  const lines = stamps.map((stampedAt) => ({ stampedAt }))
  return lines.map((line, i) => {
    const { at, problem } = times.judge(line, lines.slice(i + 1, i + 17))
    return problem === undefined ? at : `${at}!`
  })
}

describe('times of receipt', () => {
  it('never go back, though lines may stand in another order', () => {
    expect(judged(100, 300, 200, 400)).toEqual([100, 300, 300, 400])
  })

  it.each([
    ['ahead', HOUR_MS],
    ['back', -HOUR_MS],
  ])('of one line that is stamped an hour %s are those of the line before it', (_, off) => {
    const at = 10 * HOUR_MS
    expect(judged(at, at + 1 + off, at + 2, at + 3)).toEqual([at, `${at}!`, at + 2, at + 3])
  })

  it('of a first line that is stamped an hour ahead are those of the line after it', () => {
    expect(judged(HOUR_MS, 2, 3)).toEqual(['2!', 2, 3])
  })

  it('are as they are stamped where lines are few and far between', () => {
    const stamps = Array.from({ length: 40 }, (_, i) => i * HOUR_MS)
    expect(judged(...stamps, 39 * HOUR_MS + 1)).toEqual([...stamps, 39 * HOUR_MS + 1])
  })

  it('go on after a pause that the lines behind it confirm', () => {
    expect(judged(1, 2, HOUR_MS, HOUR_MS + 1, HOUR_MS + 2)).toEqual([1, 2, HOUR_MS, HOUR_MS + 1, HOUR_MS + 2])
  })

  it('go on from where they were when the clock was set back', () => {
    const at = 10 * HOUR_MS
    const before = Array.from({ length: 40 }, (_, n) => at - 39 + n)
    const after = Array.from({ length: 40 }, (_, n) => n)
    const back = after.map((n) => at - HOUR_MS + n)
    expect(judged(...before, ...back)).toEqual([...before, ...after.map((n) => at + n)])
  })
})
