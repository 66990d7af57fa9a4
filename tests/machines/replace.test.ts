import { describe, expect, it } from 'vitest'
import { type AccountContext, leavesQtyOf } from '../../machines/index.ts'
import { Floor } from './floor.ts'

const QUIET = { watchdog: { enabled: false } }
const LIMIT = { ordType: 'LIMIT', price: '90', orderQty: '2' }

const held = (floor: Floor) => {
  const { working } = floor.harness.context('account/paper') as AccountContext
  return Object.values(working).map((one) => `${leavesQtyOf(one)} at ${one.request.price}`)
}

async function replaced(change: object, config: object = {}): Promise<Floor> {
  const floor = await Floor.open({ ...QUIET, ...config })
  await floor.order('o', LIMIT)
  await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', ...change })
  return floor
}

describe('a replace', () => {
  it('that the gate lets through is held for at once, and in force when the venue has it', async () => {
    const floor = await replaced({ orderQty: '3', price: '91' })
    expect(held(floor)).toEqual(['3 at 91'])
    await floor.pass()
    expect(floor.working()).toEqual({ o: '3 at 91' })
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', price: '92' })
    await floor.pass()
    expect([floor.working(), held(floor)]).toEqual([{ o: '3 at 92' }, ['3 at 92']])
  })

  it.each<[string, object, object]>([
    ['too large', { orderQty: '200' }, { check: 'orderNotionalMax', value: '18000', limit: '10000' }],
    [
      'of no order that works',
      { clOrdId: 'nobody' },
      { check: 'clOrdId', value: 'nobody', limit: 'one that works' },
    ],
  ])('%s never gets to the venue', async (_, change, refusal) => {
    const floor = await replaced(change)
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([refusal])
    await floor.pass()
    expect([floor.working(), held(floor)]).toEqual([{ o: '2 at 90' }, ['2 at 90']])
  })

  it('on top of one that is not answered yet is judged by what that asked for', async () => {
    const floor = await replaced({ orderQty: '100' })
    for (const orderQty of ['200', '7', '9'])
      await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', orderQty })
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([
      { check: 'orderNotionalMax', value: '18000', limit: '10000' },
    ])
    expect(held(floor)).toEqual(['9 at 90'])
    await floor.pass()
    expect([floor.working(), held(floor)]).toEqual([{ o: '9 at 90' }, ['9 at 90']])
  })

  it('stays held for when one before it is in force', async () => {
    const floor = await replaced({ orderQty: '3' })
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', orderQty: '4' })
    const report = {
      type: 'EXECUTION_REPORT',
      execType: 'REPLACED',
      ordStatus: 'NEW',
      execId: 'x',
      venueOrderId: 'v',
    }
    const books = { symbol: 'BTCUSDT', side: 'BUY', price: '90', cumQty: '0', leavesQty: '3', avgPx: '0' }
    await floor.send('order/o', { ...report, ...books, clOrdId: 'o/2', orderQty: '3' })
    expect(held(floor)).toEqual(['4 at 90'])
  })

  it('of an order that was adopted passes like any other', async () => {
    const everySecond = { symbol: { intervals: ['1s'] }, account: { valueEvery: '1s' } }
    const floor = await Floor.open({ ...QUIET, ...everySecond })
    await floor.pass(1_000)
    await floor.price('100')
    await floor.orderAtVenue('theirs')
    await floor.send('reconciliation/paper', { type: 'RECONCILE', reason: 'test' })
    await floor.pass(5_100)
    await floor.pass()
    expect(held(floor)).toEqual(['3 at 80'])
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'theirs', price: '81' })
    await floor.pass()
    expect([floor.working(), held(floor)]).toEqual([{ theirs: '3 at 81' }, ['3 at 81']])
  })

  it('that the venue refuses leaves what is held as it was', async () => {
    const floor = await replaced({ orderQty: '3' })
    expect(held(floor)).toEqual(['3 at 90'])
    await floor.send('order/o', {
      type: 'ORDER_CANCEL_REJECT',
      clOrdId: 'o/2',
      origClOrdId: 'o',
      text: 'no',
    })
    expect(held(floor)).toEqual(['2 at 90'])
  })

  it('of one thing leaves the other as it was asked for, though nobody has answered that', async () => {
    const floor = await replaced({ orderQty: '3' })
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', price: '92' })
    await floor.pass()
    expect([floor.working(), held(floor)]).toEqual([{ o: '3 at 92' }, ['3 at 92']])
  })

  it.each([
    [{ orderQty: '1' }, '1 at 115'],
    [{ stopPx: '113' }, '2 at 115'],
    [{ stopPx: '116' }, '2 at 116'],
  ])('never takes a trailing stop back: %j', async (change, there) => {
    const floor = await Floor.open(QUIET)
    await floor.order('in')
    await floor.order('o', { side: 'SELL', ordType: 'TRAILING_STOP', trailingOffset: '5' })
    const replace = async (what: object) => {
      await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', ...what })
      await floor.pass()
    }
    // The stop is told with this one's answer, and goes on from there.
    await replace({ orderQty: '2' })
    await floor.price('120')
    await floor.price('117')
    await replace(change)
    expect(floor.working()).toEqual({ o: there })
  })

  it('to less than is filled is refused, and what is filled counts into the whole', async () => {
    const floor = await Floor.open(QUIET)
    await floor.price('100', '0.5')
    await floor.order('o', { ...LIMIT, price: '100.01' })
    expect(floor.held).toBe('0.5')
    for (const orderQty of ['0.5', '1']) {
      await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', orderQty })
      await floor.pass()
    }
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([
      { check: 'orderQty', limit: 'more than 0.5' },
    ])
    expect([floor.working(), held(floor)]).toEqual([{ o: '0.5 at 100.01' }, ['0.5 at 100.01']])
  })

  it('waits for no reducing account: what grows is refused there', async () => {
    const floor = await Floor.open(QUIET)
    await floor.order('o', LIMIT)
    await floor.send('account/paper', { type: 'SET_TRADING_STATE', tradingState: 'reducing', by: 'ann' })
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', clOrdId: 'o', orderQty: '3' })
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([{ check: 'tradingState' }])
  })
})
