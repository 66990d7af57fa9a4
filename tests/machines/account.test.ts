import { describe, expect, it } from 'vitest'
import { instrument, machines, type OrderRequest } from '../../machines/index.ts'
import { Harness } from '../runtime/harness.ts'

const request: OrderRequest = {
  type: 'ORDER_REQUEST',
  at: 1_000,
  clOrdId: 'o-1',
  owner: 'strategy/s',
  venue: 'paper',
  symbol: 'BTCUSDT',
  side: 'BUY',
  ordType: 'MARKET',
  orderQty: '2',
  timeInForce: 'GTC',
  refPx: '100',
}

async function open() {
  const harness = new Harness()
  await harness.open({ machines, ports: { paper: { deliver: () => {}, recover: () => {} } } })
  const limits = { orderNotionalMax: '150', openOrdersMax: 5 }
  await harness.supervisor.spawn('account', 'paper', { venue: 'paper', balance: '1000', limits })
  return harness
}

describe('an account', () => {
  it('lets an order through that passes its checks', async () => {
    const harness = await open()
    await harness.supervisor.send('account/paper', { ...request, orderQty: '1' })
    expect(await harness.supervisor.view('order/o-1')).toMatchObject({ value: { execution: 'submitted' } })
    expect(harness.supervisor.unsettled.map(({ event }) => event.type)).toEqual(['PLACE_ORDER'])
  })

  it('denies one that does not: it is on record with the reason, and never went out', async () => {
    const harness = await open()
    await harness.supervisor.send('account/paper', request)
    const text = 'orderNotionalMax: 200 asked, 150 allowed'
    expect(await harness.supervisor.view('order/o-1')).toMatchObject({
      value: { execution: 'denied' },
      context: { ordStatus: 'REJECTED', leavesQty: '0', cumQty: '0', text },
    })
    const emitted = (await harness.records()).flatMap((record) => record.emitted ?? [])
    expect(emitted).toContainEqual(
      expect.objectContaining({ type: 'ORDER_DENIED', order: 'order/o-1', text }),
    )
    expect(harness.supervisor.unsettled).toEqual([])
    expect(harness.context('account/paper')).toMatchObject({ working: {} })
  })

  it('counts money that comes and goes once, and as neither gain nor loss', async () => {
    const harness = await open()
    const flow = { type: 'CASH_FLOW_REPORT', at: 5, venue: 'paper', asset: 'USDT', reason: 'WITHDRAWAL' }
    for (const flowId of ['1', '1', '2'])
      await harness.supervisor.send('account/paper', { ...flow, flowId, change: '-300' })
    await harness.supervisor.send('account/paper', { ...flow, flowId: '3', asset: 'BNB', change: '2' })
    expect(harness.context('account/paper')).toMatchObject({
      balances: { USDT: '400', BNB: '2' },
      equity: '400',
      peakEquity: '400',
      dayEquity: '400',
    })
    const emitted = (await harness.records()).flatMap((record) => record.emitted ?? [])
    expect(emitted).toMatchObject([
      { type: 'BALANCE_CHANGED', balance: '700', change: '-300', reason: 'WITHDRAWAL' },
      { type: 'BALANCE_CHANGED', balance: '400' },
      { type: 'BALANCE_CHANGED', asset: 'BNB', balance: '2' },
    ])
  })

  it('says what its venue tells, and changes nothing', async () => {
    const harness = await open()
    const was = harness.context('account/paper')
    const told = {
      venue: 'paper',
      symbol: 'BTCUSDT',
      kind: 'ACCOUNT_CONFIG_UPDATE',
      fields: { 'ac.l': '25' },
    }
    await harness.supervisor.send('account/paper', { type: 'VENUE_NOTICE', at: 5, ...told })
    expect(harness.context('account/paper')).toEqual(was)
    const emitted = (await harness.records()).flatMap((record) => record.emitted ?? [])
    expect(emitted).toEqual([{ type: 'VENUE_NOTICED', at: 5, ...told }])
  })

  it('trades what is listed by now, once it lists anything', async () => {
    const harness = await open()
    const ask = async (clOrdId: string) => {
      await harness.supervisor.send('account/paper', { ...request, clOrdId, orderQty: '1' })
      return harness.value(`order/${clOrdId}`)
    }
    const list = (...symbols: string[]) => {
      const instruments = symbols.map((symbol) => instrument.parse({ symbol }))
      return harness.supervisor.send('account/paper', { type: 'CONFIGURE', settings: { instruments } })
    }
    await list('ETHUSDT')
    expect(await ask('o-1')).toMatchObject({ execution: 'denied' })
    await list('ETHUSDT', 'BTCUSDT')
    expect(await ask('o-2')).toMatchObject({ execution: 'submitted' })
  })

  it('is told by an order that had ended that its id is used up, and keeps nothing for it', async () => {
    const harness = await open()
    await harness.supervisor.send('account/paper', request)
    await harness.supervisor.send('account/paper', { ...request, orderQty: '1' })
    expect(harness.value('order/o-1')).toMatchObject({ execution: 'denied' })
    expect(harness.context('account/paper')).toMatchObject({ working: {} })
    const emitted = (await harness.records()).flatMap((record) => record.emitted ?? [])
    expect(emitted.at(-1)).toMatchObject({ type: 'RISK_REJECTED', check: 'clOrdId', value: 'o-1' })
  })

  it('leaves an order alone whose id is asked for again', async () => {
    const harness = await open()
    await harness.supervisor.send('account/paper', { ...request, orderQty: '1' })
    await harness.supervisor.send('account/paper', { ...request, orderQty: '1' })
    expect(await harness.eventsOf('order/o-1')).toEqual(['xstate.init', 'SUBMIT'])
  })

  it('has an order back that a bust opens again', async () => {
    const harness = await open()
    await harness.supervisor.send('account/paper', { ...request, orderQty: '1' })
    const report = (execType: string, rest: object) =>
      harness.supervisor.send('order/o-1', {
        type: 'EXECUTION_REPORT',
        at: 2_000,
        execType,
        ordStatus: 'NEW',
        clOrdId: 'o-1',
        venueOrderId: 'v1',
        symbol: 'BTCUSDT',
        side: 'BUY',
        orderQty: '1',
        cumQty: '0',
        leavesQty: '1',
        avgPx: '0',
        tradeId: 't1',
        lastQty: '1',
        lastPx: '100',
        ...rest,
      })
    await report('TRADE', { execId: 'e1' })
    expect(harness.context('account/paper')).toMatchObject({ working: {}, balances: { BTC: '1' } })
    await report('TRADE_CANCEL', { execId: 'e2', execRefId: 'e1' })
    expect(harness.context('account/paper')).toMatchObject({
      working: { 'order/o-1': { cumQty: '0', request: { side: 'BUY', orderQty: '1', ordType: 'MARKET' } } },
      balances: { BTC: '0' },
    })
  })
})
