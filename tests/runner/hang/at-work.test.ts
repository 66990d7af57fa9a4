import { describe, expect, it } from 'vitest'
import { AtWork, workIn } from '../../../src/runner/process/hang/at-work.ts'

describe('what a thread is doing, as another one reads it', () => {
  it('names the actors of modules, and leaves the others to the thread itself', () => {
    const work = new AtWork()
    work.named = ['dip', 'own']
    const read = () => workIn(work.memory)
    expect(read()).not.toHaveProperty('actor')
    work.begin('dip/btc', 'CANDLE_CLOSE')
    expect([read(), work.current]).toMatchObject([
      { actor: 'dip/btc', event: 'CANDLE_CLOSE' },
      { actor: 'dip/btc', event: 'CANDLE_CLOSE' },
    ])
    work.begin('dipper/btc', 'TRADE')
    expect(read()).not.toHaveProperty('actor')
    expect(work.current).toEqual({ actor: 'dipper/btc', event: 'TRADE' })
    work.begin('own/ä', 'FÜR')
    work.begin('own/ä', 'A')
    expect(read()).toMatchObject({ actor: 'own/ä', event: 'A' })
    work.end()
    expect(read()).not.toHaveProperty('actor')
    expect(work.current).toBeUndefined()
  })

  it('names a module that is being loaded, and cuts what is too long', () => {
    const work = new AtWork()
    work.named = ['dip']
    work.load('/home/ann/dip.ts')
    expect(workIn(work.memory)).toMatchObject({ module: '/home/ann/dip.ts' })
    work.begin(`dip/${'x'.repeat(5_000)}`, 'y'.repeat(5_000))
    const { actor, event } = workIn(work.memory)
    expect([actor?.length, event?.length]).toEqual([1_024, 256])
  })

  it('shows progress with each beat and each step, and whether a debugger is there', () => {
    const work = new AtWork()
    const seen = new Set<string>()
    const look = () => seen.add(workIn(work.memory).progress)
    look()
    work.beat(false)
    look()
    work.begin('order/o-1', 'SUBMIT')
    look()
    work.load('x')
    look()
    expect(seen.size).toBe(4)
    expect(workIn(work.memory).isDebugged).toBe(false)
    work.beat(true)
    expect(workIn(work.memory).isDebugged).toBe(true)
  })

  it('shows that the process is about to end, which is no progress', () => {
    const work = new AtWork()
    const before = workIn(work.memory)
    work.ending()
    expect([before.isEnding, workIn(work.memory)]).toEqual([false, { ...before, isEnding: true }])
  })
})
