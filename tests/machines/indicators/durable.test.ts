import { expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import type { CandleClose } from '../../../machines/events/candle.ts'
import {
  type AtrState,
  atr,
  barOf,
  ema,
  type RsiState,
  rsi,
  type SmoothedState,
} from '../../../machines/indicators/index.ts'
import { Harness } from '../../runtime/harness.ts'
import { walk } from './bars.ts'
import { valuesOf } from './fold.ts'

const [trend, strength, range] = [ema(12), rsi(14), atr(14)]

const strategy = setup({
  types: {} as {
    context: { trend: SmoothedState; strength: RsiState; range: AtrState }
    events: CandleClose
  },
  guards: { warm: ({ context }) => context.strength.value !== undefined },
}).createMachine({
  id: 'strategy',
  context: { trend: trend.initial, strength: strength.initial, range: range.initial },
  initial: 'warmingUp',
  on: {
    CANDLE_CLOSE: {
      actions: assign(({ context, event }) => {
        const bar = barOf(event.candle)
        return {
          trend: trend.next(context.trend, bar.close),
          strength: strength.next(context.strength, bar.close),
          range: range.next(context.range, bar),
        }
      }),
    },
  },
  states: { warmingUp: { always: { guard: 'warm', target: 'running' } }, running: {} },
})

it('indicators in the context of a durable machine outlive its process and replay to the same numbers', async () => {
  const harness = new Harness()
  const options = { machines: { strategy } }
  const bars = walk({ seed: 12, count: 40, from: 100 })
  await harness.open(options)
  await harness.supervisor.spawn('strategy', 's')
  for (const [i, { high, low, close }] of bars.entries()) {
    if (i % 10 === 9) {
      await harness.crash()
      await harness.open(options)
    }
    const candle = { open: String(close), high: String(high), low: String(low), close: String(close) }
    await harness.supervisor.send('strategy/s', { type: 'CANDLE_CLOSE', candle })
    expect(harness.value('strategy/s')).toBe(i + 1 < strength.warmUp ? 'warmingUp' : 'running')
  }
  const closes = bars.map(({ close }) => close)
  expect(harness.context('strategy/s')).toMatchObject({
    trend: { value: valuesOf(trend, closes).at(-1) },
    strength: { value: valuesOf(strength, closes).at(-1) },
    range: { value: valuesOf(range, bars).at(-1) },
  })
  expect((await harness.supervisor.verify()).problems).toEqual([])
})
