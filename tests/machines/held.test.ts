/** Tests that nobody can restart or stop an actor whose end would lose money, an order or what the log rests on. */
import { describe, expect, it } from 'vitest'
import { emaCross, machines, meanReversion, type StrategyContext } from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'

const STRATEGIES = [emaCross, meanReversion].map(({ name }) => name)
const snapshot = { value: { mode: 'running', trade: 'flat' }, context: {} as never }

it.each(Object.entries(machines).filter(([kind]) => !STRATEGIES.includes(kind)))(
  'a person neither restarts nor stops an actor of %s',
  (_, kind) => {
    const { holds } = kind as { holds?: (of: typeof snapshot, act: 'restart' | 'stop') => string | undefined }
    for (const act of ['restart', 'stop'] as const) expect(holds?.(snapshot, act)).toMatch(/\w+ \w+/)
  },
)

describe('a strategy', () => {
  const S = 'emaCross/s'
  async function open() {
    const harness = new Harness()
    const supervisor = await harness.open({ machines })
    const input = { id: 's', venue: 'paper', symbol: 'X', interval: '1s', orderQty: '2', fast: 1, slow: 2 }
    await supervisor.spawn('emaCross', 's', emaCross.input.parse(input))
    await supervisor.send(S, { type: 'START', at: 1 })
    let n = 0
    const candle = async (close: string) => {
      const [openAt, closeAt] = [n * 1_000, ++n * 1_000]
      const of = { openAt, closeAt, open: close, high: close, low: close, close, volume: '1' }
      const at = { at: closeAt, venue: 'paper', symbol: 'X', interval: '1s' }
      await supervisor.send(S, { type: 'CANDLE_CLOSE', ...at, candle: of })
    }
    /** Lets it enter: its averages cross. */
    const enter = async () => {
      for (const close of ['2', '2', '1', '3']) await candle(close)
      expect(harness.value(S)).toMatchObject({ trade: 'entering' })
      return (harness.context(S) as StrategyContext<unknown, unknown>).trade?.list as string
    }
    const refuse = (list: string) => {
      const what = { clOrdId: 'paper:s-1-entry', list, check: 'c', text: 'no' }
      return supervisor.send(S, { type: 'REQUEST_REFUSED', at: 5_000, ...what })
    }
    return { harness, supervisor, enter, refuse }
  }

  it('with a trade does not start over, and none is stopped', async () => {
    const { supervisor, enter } = await open()
    const stop = supervisor.stopActor(S)
    await expect(stop).rejects.toMatchObject({
      code: 'ACTOR_HELD',
      message: expect.stringMatching(/pause it instead/),
    })
    await enter()
    const restart = supervisor.restart(S)
    await expect(restart).rejects.toMatchObject({
      code: 'ACTOR_HELD',
      message: expect.stringMatching(/its trade is entering/),
    })
  })

  it('that is flat starts over, stopped, with its present parameters and the number of its next list', async () => {
    const { harness, supervisor, enter, refuse } = await open()
    const first = await enter()
    await refuse(first)
    await supervisor.send(S, {
      type: 'UPDATE_PARAMETERS',
      at: 5_000,
      by: 'ann',
      parameters: { orderQty: '3' },
    })
    const was = harness.context(S) as StrategyContext<unknown, unknown>
    await supervisor.restart(S, { by: 'ann', reason: 'odd averages' })
    expect(harness.value(S)).toEqual({ mode: 'stopped', trade: 'flat' })
    const { params, trades, trade, work } = was
    expect(harness.context(S)).toMatchObject({ params: { orderQty: '3' }, trades, trade, work, cycles: 0 })
    expect((harness.context(S) as StrategyContext<unknown, unknown>).params).toEqual(params)
    await supervisor.send(S, { type: 'START', at: 6_000 })
    expect(await enter()).not.toBe(first)
    expect((await supervisor.verify()).problems).toEqual([])
  })
})
