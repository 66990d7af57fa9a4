import { describe, expect, it } from 'vitest'
import type { Work } from '../../../src/runner/process/hang/at-work.ts'
import { isHung, NO_STALL, nextStall, type Stall, signalled } from '../../../src/runner/process/hang/stall.ts'

const limits = { limitMs: 10_000, signalledMs: 5_000 }
const still = { progress: '1/1', beats: 1, isDebugged: false, isEnding: false }
const look = (stall: Stall, work: Work = still, passedMs = 1_000) => nextStall(stall, work, passedMs, 1_000)
const looks = (count: number, passedMs = 1_000, from = look(NO_STALL)) => {
  let stall = from
  for (let n = 0; n < count; n++) stall = look(stall, still, passedMs)
  return stall
}

describe('a thread counts as hung', () => {
  it('when it has not got on for the limit, and not before', () => {
    expect(isHung(looks(9), limits)).toBe(false)
    expect(isHung(looks(10), limits)).toBe(true)
  })

  it('earlier when somebody has asked the process to end', () => {
    const asked = signalled(looks(4), still)
    expect(isHung(asked, limits)).toBe(false)
    expect(isHung(look(asked), limits)).toBe(true)
    expect(isHung(signalled(looks(2), still), { limitMs: 2_000, signalledMs: 5_000 })).toBe(true)
  })

  it('also where it got on a little after the signal, but not as far as its event loop', () => {
    const step = { ...still, progress: '1/2' }
    let stall = look(signalled(looks(1), still), step)
    for (let n = 0; n < 5; n++) stall = look(stall, step)
    expect(isHung(stall, limits)).toBe(true)
    const turned = { ...still, progress: '3/2', beats: 3 }
    let heard = look(signalled(looks(1), still), turned)
    for (let n = 0; n < 5; n++) heard = look(heard, turned)
    expect(isHung(heard, limits)).toBe(false)
  })

  it('not while it gets on or somebody debugs it', () => {
    expect(look(looks(9), { ...still, progress: '1/2' }).stalledMs).toBe(0)
    expect(look(looks(9), { ...still, isDebugged: true }).stalledMs).toBe(0)
  })

  it('not because the whole process was suspended for a day', () => {
    expect(isHung(looks(4, 86_400_000), limits)).toBe(false)
  })
})
