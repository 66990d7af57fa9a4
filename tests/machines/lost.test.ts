/** What is lost between an account and its venue, on the paper venue. */
import { describe, expect, it } from 'vitest'
import { type AccountContext, machines, type OrderContext } from '../../machines/index.ts'
import { Floor } from './floor.ts'

const QUIET = { watchdog: { enabled: false } }
const LIMIT = { ordType: 'LIMIT', price: '90' }
const ASKED_MS = 5_100

describe('an order', () => {
  it('that never got to the venue is sent again, the same, and once', async () => {
    const floor = await Floor.open(QUIET)
    floor.disconnect()
    await floor.order('o')
    floor.connect()
    await floor.pass(ASKED_MS)
    await floor.pass(ASKED_MS)
    expect([floor.held, floor.value('order/o')]).toMatchObject(['2', { execution: 'filled' }])
    const recovered: string[] = []
    const recover = ({ event }: { event: { type: string } }) => void recovered.push(event.type)
    await floor.harness.open({ machines, ports: { paper: { deliver() {}, recover } } })
    expect(recovered).toEqual([])
  })

  it('that had got there, and whose answer was lost, is not', async () => {
    const floor = await Floor.open(QUIET)
    floor.loseReports('NEW')
    await floor.order('o', LIMIT)
    await floor.pass(ASKED_MS)
    expect(floor.value('order/o')).toMatchObject({ execution: 'accepted' })
    expect(floor.working()).toEqual({ o: '2 at 90' })
  })
})

it('an order of which nothing was told, and that has ended, fetches its fills', async () => {
  const floor = await Floor.open(QUIET)
  for (const kind of ['NEW', 'TRADE', 'CANCELED'] as const) floor.loseReports(kind)
  await floor.price('100', '1')
  await floor.order('o', { timeInForce: 'IOC' })
  await floor.pass(ASKED_MS)
  for (let second = 0; second < 20; second++) await floor.pass(1_000)
  expect(floor.held).toBe('1')
  expect(floor.value('order/o')).toMatchObject({ execution: 'canceled' })
})

describe('a cancel', () => {
  it.each(['CANCELED', 'nothing'] as const)('is made, and known to be (%s lost)', async (lost) => {
    const floor = await Floor.open(QUIET)
    await floor.order('o', LIMIT)
    if (lost === 'nothing') floor.disconnect()
    else floor.loseReports(lost)
    await floor.send('order/o', { type: 'CANCEL' })
    await floor.pass()
    floor.connect()
    await floor.pass(ASKED_MS)
    expect(floor.working()).toEqual({})
    expect(floor.value('order/o')).toEqual({ execution: 'canceled', request: 'idle' })
    expect(await floor.emitted('ORDER_CANCEL_REJECTED')).toEqual([])
  })
})

describe('a replace', () => {
  it("is answered by an amendment under the order's own id, as some venues make it", async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o', LIMIT)
    floor.loseReports('REPLACED')
    await floor.send('order/o', { type: 'REPLACE', price: '91', orderQty: '3' })
    await floor.send('order/o', { type: 'REPLACE', price: '92', orderQty: '4' })
    const amendment = {
      type: 'EXECUTION_REPORT',
      execType: 'REPLACED',
      ordStatus: 'NEW',
      clOrdId: 'o',
      venueOrderId: 'v',
    }
    const terms = { symbol: 'BTCUSDT', side: 'BUY', orderQty: '3', price: '91' }
    await floor.send('order/o', {
      ...amendment,
      ...terms,
      execId: 'a',
      cumQty: '0',
      leavesQty: '3',
      avgPx: '0',
    })
    expect(floor.harness.context('order/o')).toMatchObject({
      terms: { orderQty: '3', price: '91' },
      pending: [{ clOrdId: 'o/3' }],
    })
  })

  it('that the venue refused, and nobody was told, is pending no more', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o', { ...LIMIT, postOnly: true })
    floor.loseReports('ORDER_CANCEL_REJECT')
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', price: '101' })
    for (let asked = 0; asked < 3; asked++) await floor.pass(ASKED_MS)
    expect(floor.value('order/o')).toEqual({ execution: 'accepted', request: 'idle' })
    expect(await floor.emitted('ORDER_REPLACE_REJECTED')).toHaveLength(1)
    const { working } = floor.harness.context('account/paper') as AccountContext
    expect(working['order/o']).toMatchObject({ request: { orderQty: '2', price: '90' }, cumQty: '0' })
  })
})

describe('a fill', () => {
  it('that was lost is fetched soon after the venue has spoken of it', async () => {
    const floor = await Floor.open(QUIET)
    floor.loseReports('TRADE')
    await floor.order('o')
    expect(floor.held).toBe('0')
    await floor.send('order/o', { type: 'VERIFY' })
    await floor.pass(2_100)
    // The reconciliation looks twice.
    await floor.pass(5_100)
    await floor.pass()
    expect([floor.held, floor.value('order/o')]).toMatchObject(['2', { execution: 'filled' }])
  })
})

describe('what a venue takes back', () => {
  const dealAgain = async (floor: Floor, id: string, execType: string, more: object = {}) => {
    const fill = (await floor.emitted('ORDER_FILLED')).find(({ order }) => order === `order/${id}`)
    const { venueOrderId, terms } = floor.harness.context(`order/${id}`) as OrderContext
    const books = { orderQty: '2', cumQty: '0', leavesQty: '2', avgPx: '0' }
    const what = {
      clOrdId: id,
      venueOrderId,
      execId: `${execType}-${id}`,
      symbol: 'BTCUSDT',
      side: terms.side,
      ordStatus: 'NEW',
    }
    const report = { type: 'EXECUTION_REPORT', execType, ...what, ...books, tradeId: fill?.tradeId, ...more }
    await floor.send(`order/${id}`, report)
  }

  it('has its order work again, for its account, too', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('in')
    await floor.order('o', { side: 'SELL', ordType: 'STOP', stopPx: '100' })
    await dealAgain(floor, 'o', 'TRADE_CANCEL')
    const { working } = floor.harness.context('account/paper') as AccountContext
    expect(working).toMatchObject({ 'order/o': { request: { side: 'SELL', orderQty: '2' }, cumQty: '0' } })
  })

  it('and corrects changes the books once, and is no second trade', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('in')
    await floor.price('90')
    await floor.order('out', { side: 'SELL', ordType: 'STOP', stopPx: '95' })
    await dealAgain(floor, 'out', 'TRADE_CORRECT', { lastQty: '2', lastPx: '91' })
    const { balances, consecutiveLosses, stopLosses } = floor.harness.context(
      'account/paper',
    ) as AccountContext
    // 100,000 - 2 x 100.01 + 2 x 91
    expect(balances).toMatchObject({ USDT: '99981.98', BTC: '0' })
    expect([consecutiveLosses, stopLosses.length]).toEqual([1, 1])
    expect(await floor.emitted('POSITION_CLOSED')).toHaveLength(1)
    expect(await floor.emitted('POSITION_STOP_TRIGGERED')).toHaveLength(1)
    expect(await floor.emitted('POSITION_MODIFIED')).toMatchObject([
      { reason: 'correction', realizedPnl: '-18.02' },
    ])
  })
})
