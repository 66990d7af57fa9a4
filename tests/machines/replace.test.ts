import { describe, expect, it } from 'vitest'
import type { AccountContext } from '../../machines/index.ts'
import { Floor } from './floor.ts'

const QUIET = { watchdog: { enabled: false } }
const LIMIT = { ordType: 'LIMIT', price: '90', orderQty: '2' }

const held = (floor: Floor) => {
  const { working } = floor.harness.context('account/paper') as AccountContext
  return Object.values(working).map(({ leavesQty, px }) => `${leavesQty} at ${px}`)
}

async function replaced(change: object, config: object = {}): Promise<Floor> {
  const floor = await Floor.open({ ...QUIET, ...config })
  await floor.order('o', LIMIT)
  await floor.send('account/paper', { type: 'REPLACE_REQUEST', orderId: 'o', ...change })
  return floor
}

describe('a replace', () => {
  it('that the gate lets through is held for at once, and in force when the venue has it', async () => {
    const floor = await replaced({ orderQty: '3', price: '91' })
    expect(held(floor)).toEqual(['3 at 91'])
    await floor.pass()
    expect(floor.working()).toEqual({ o: '3 at 91' })
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', orderId: 'o', price: '92' })
    await floor.pass()
    expect([floor.working(), held(floor)]).toEqual([{ o: '3 at 92' }, ['3 at 92']])
  })

  it.each<[string, object, object]>([
    ['too large', { orderQty: '200' }, { check: 'orderNotionalMax', value: '18000', limit: '10000' }],
    [
      'of no order that works',
      { orderId: 'nobody' },
      { check: 'orderId', value: 'nobody', limit: 'one that works' },
    ],
  ])('%s never gets to the venue', async (_, change, refusal) => {
    const floor = await replaced(change)
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([refusal])
    await floor.pass()
    expect([floor.working(), held(floor)]).toEqual([{ o: '2 at 90' }, ['2 at 90']])
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

  it('to less than is filled is refused, and what is filled counts into the whole', async () => {
    const floor = await Floor.open(QUIET)
    await floor.price('100', '0.5')
    await floor.order('o', { ...LIMIT, price: '100.01' })
    expect(floor.held).toBe('0.5')
    for (const orderQty of ['0.5', '1']) {
      await floor.send('account/paper', { type: 'REPLACE_REQUEST', orderId: 'o', orderQty })
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
    await floor.send('account/paper', { type: 'REPLACE_REQUEST', orderId: 'o', orderQty: '3' })
    expect(await floor.emitted('RISK_REJECTED')).toMatchObject([{ check: 'tradingState' }])
  })
})
