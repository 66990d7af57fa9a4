import { describe, expect, it } from 'vitest'
import { emaCross, type ListRequest, machines } from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'
import { live, report, SUBMIT } from './live-order.ts'

async function open() {
  const harness = new Harness()
  await harness.open({ machines, ports: { paper: { deliver: () => {}, recover: () => {} } } })
  const emittedBy = async (actor: string) =>
    (await harness.records())
      .filter((record) => record.actor === actor)
      .flatMap(({ emitted = [] }) => emitted)
  return { harness, emittedBy, send: harness.supervisor.send.bind(harness.supervisor) }
}

describe('limits that a person changes', () => {
  const limits = { orderNotionalMax: '150', openOrdersMax: 5, cooldownMs: 1_000 }
  const account = async (asked: object) => {
    const { harness, emittedBy, send } = await open()
    await harness.supervisor.spawn('account', 'paper', { venue: 'paper', balance: '1000', limits })
    await send('account/paper', { type: 'UPDATE_LIMITS', at: 1, by: 'ann', limits: asked })
    return {
      limits: (harness.context('account/paper') as { limits: object }).limits,
      emitted: await emittedBy('account/paper'),
    }
  }

  it('are in force from then on, and each change is told', async () => {
    const { limits, emitted } = await account({ orderNotionalMax: '300', openOrdersMax: 5, cooldownMs: null })
    expect(limits).toMatchObject({ orderNotionalMax: '300', openOrdersMax: 5 })
    expect(limits).not.toHaveProperty('cooldownMs')
    const of = { type: 'SETTING_UPDATED', at: 1, venue: 'paper', by: 'ann' }
    expect(emitted).toEqual([
      { ...of, setting: 'orderNotionalMax', value: '300', was: '150' },
      { ...of, setting: 'cooldownMs', was: 1_000 },
    ])
  })

  it.each([
    [{ orderNotionalMax: '-1', openOrdersMax: 9 }, ['orderNotionalMax']],
    [{ sizeMax: 3, otherMax: 4 }, ['sizeMax', 'otherMax']],
    [
      { openOrdersMax: null, stoplossGuard: { stops: 0, withinMs: 1, blockMs: 1 } },
      ['openOrdersMax', 'stoplossGuard.stops'],
    ],
  ])('stay as they are for %j, and what is wrong is told', async (asked, wrong) => {
    const { limits: are, emitted } = await account(asked)
    expect(are).toMatchObject(limits)
    expect(emitted).toMatchObject(wrong.map((field) => ({ type: 'SETTING_FAILED', field, by: 'ann' })))
    for (const { rule } of emitted) expect(rule).toMatch(/\w/)
  })
})

describe('parameters that a person changes', () => {
  const strategy = async (parameters: object) => {
    const { harness, emittedBy, send } = await open()
    const input = { id: 's', venue: 'paper', symbol: 'X', interval: '1s', orderQty: '2', fast: 1, slow: 2 }
    await harness.supervisor.spawn('emaCross', 's', emaCross.input.parse(input))
    await send('emaCross/s', { type: 'START', at: 1 })
    const candle = { openAt: 0, closeAt: 1, open: '1', high: '1', low: '1', close: '1', volume: '1' }
    const close = { type: 'CANDLE_CLOSE', at: 2, venue: 'paper', symbol: 'X', interval: '1s', candle }
    for (let i = 0; i < 3; i++) await send('emaCross/s', close)
    expect((await harness.supervisor.view('emaCross/s'))?.value).toEqual({ mode: 'running', trade: 'flat' })
    await send('emaCross/s', { type: 'UPDATE_PARAMETERS', at: 3, by: 'ann', parameters })
    const { params } = harness.context('emaCross/s') as { params: object }
    const told = (await emittedBy('emaCross/s')).filter(({ by }) => by !== undefined)
    return { params, told, value: (await harness.supervisor.view('emaCross/s'))?.value }
  }

  it('hold from then on, its indicators going on', async () => {
    const { params, told, value } = await strategy({ orderQty: '3' })
    expect(params).toMatchObject({ orderQty: '3', fast: 1 })
    const of = { at: 3, venue: 'paper', symbol: 'X', strategy: 's', by: 'ann' }
    expect(told).toEqual([{ type: 'PARAMETER_UPDATED', ...of, parameter: 'orderQty', value: '3', was: '2' }])
    expect(value).toEqual({ mode: 'running', trade: 'flat' })
  })

  it('let it warm up anew where they are those of its indicators', async () => {
    const { told, value } = await strategy({ slow: 3 })
    expect(told).toMatchObject([{ type: 'PARAMETER_UPDATED', parameter: 'slow', value: 3, was: 2 }])
    expect(value).toEqual({ mode: 'warmingUp', trade: 'flat' })
  })

  it.each([
    [{ symbol: 'Y' }, 'symbol'],
    [{ fast: 9 }, 'fast'],
    [{ medium: 9 }, 'medium'],
  ])('stay as they are for %j', async (asked, field) => {
    const { params, told } = await strategy(asked)
    expect(params).toMatchObject({ symbol: 'X', fast: 1, slow: 2 })
    expect(told).toMatchObject([{ type: 'SETTING_FAILED', strategy: 's', field }])
  })
})

describe('a cancel', () => {
  it.each([
    ['of a person is an intervention', 'ann', ['MANUAL_INTERVENTION', 'ORDER_PENDING_CANCEL']],
    ['of a machine is none', undefined, ['ORDER_PENDING_CANCEL']],
  ])('%s', (_, by, emitted) => {
    const order = live()
    order.actor.send(SUBMIT)
    order.actor.send(report('NEW'))
    order.emitted.length = 0
    for (let i = 0; i < 2; i++) order.actor.send({ type: 'CANCEL', at: 3, ...(by && { by }) })
    expect(order.emitted).toEqual(emitted)
  })

  it('and an exit of a list by hand are interventions, its own cancels of orders are none', async () => {
    const { harness, emittedBy, send } = await open()
    const limits = { orderNotionalMax: '1000', openOrdersMax: 5 }
    await harness.supervisor.spawn('account', 'paper', { venue: 'paper', balance: '1000', limits })
    const order = { side: 'BUY', ordType: 'LIMIT', orderQty: '1', timeInForce: 'GTC' } as const
    const request: ListRequest = {
      type: 'LIST_REQUEST',
      at: 1,
      owner: 'strategy/s',
      venue: 'paper',
      symbol: 'BTCUSDT',
      contingencyType: 'OCO',
      orders: [
        { ...order, legId: 'low', price: '90' },
        { ...order, legId: 'lower', price: '80' },
      ],
      refPx: '100',
    }
    await send('list/l', request)
    await send('list/l', { type: 'CANCEL', at: 2, by: 'ann', reason: 'the day is over' })
    const interventions = async (actor: string) =>
      (await emittedBy(actor)).filter(({ type }) => type === 'MANUAL_INTERVENTION')
    const of = { at: 2, venue: 'paper', symbol: 'BTCUSDT', by: 'ann', reason: 'the day is over' }
    expect(await interventions('list/l')).toEqual([{ type: 'MANUAL_INTERVENTION', action: 'CANCEL', ...of }])
    expect(await interventions('order/paper:l-low')).toEqual([])
  })
})
