/** Tests that the log and the feed say who placed an order by hand. The machines are those of trading. */
import { expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import { startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Harness } from '../runtime/harness.ts'
import { ask } from './asking.ts'

const SECRET = 'ann.horse_battery~staple-1'
const bought = { side: 'BUY', orderQty: '1', timeInForce: 'GTC', ordType: 'LIMIT', price: '90' }
const order = { type: 'ORDER_REQUEST', venue: 'paper', symbol: 'BTCUSDT', refPx: '100', ...bought }
const legs = [
  { ...bought, legId: 'low' },
  { ...bought, legId: 'lower', price: '80' },
]
const list = { type: 'LIST_REQUEST', venue: 'paper', symbol: 'BTCUSDT', contingencyType: 'OCO', refPx: '100' }

it('the request of an order has the name of its token in its record and its envelopes, and the order has its own fields', async () => {
  const harness = new Harness()
  await harness.open({ machines, ports: { paper: { deliver: () => {}, recover: () => {} } } })
  const limits = { orderNotionalMax: '1000', openOrdersMax: 5 }
  await harness.supervisor.spawn('account', 'paper', { venue: 'paper', balance: '1000', limits })
  process.env.SIGNED_ORDERS_TOKEN = SECRET
  const tokens = [{ name: 'ann', access: 'control', env: 'SIGNED_ORDERS_TOKEN' }] as const
  const api = await startApi(harness.supervisor, { host: '127.0.0.1', port: 0, tokens }, silentLogger)
  const port = Number(new URL(api.url).port)
  const headers = { authorization: `Bearer ${SECRET}` }
  const send = async (actor: string, event: object) => {
    const before = harness.supervisor.seq
    const { status } = await ask(port, `/actors/${actor}/events`, headers, 'POST', event)
    const signed = (await harness.records()).filter(
      ({ seq, event: { by } }) => seq > before && by !== undefined,
    )
    return [status, ...signed.map((record) => `${record.actor} ${record.event.type} ${record.event.by}`)]
  }
  // Only the actor that is asked knows who asks. What follows in others has the same correlation.
  expect(await send('account/paper', { ...order, clOrdId: 'paper:mine-1' })).toEqual([
    200,
    'account/paper ORDER_REQUEST ann',
  ])
  // The venue has not acknowledged the order yet, so that the order refuses what the account has let pass.
  const replaced = { type: 'REPLACE_REQUEST', clOrdId: 'paper:mine-1', price: '91' }
  expect(await send('account/paper', replaced)).toEqual([422, 'account/paper REPLACE_REQUEST ann'])
  expect(await send('order/paper:mine-1', { type: 'VERIFY' })).toEqual([200, 'order/paper:mine-1 VERIFY ann'])
  expect(await send('account/paper', { ...order, clOrdId: 'paper:mine-2', orderQty: '1000' })).toEqual([
    422,
    'account/paper ORDER_REQUEST ann',
  ])
  expect(await send('list/paper:mine-3', { ...list, orders: legs })).toEqual([
    200,
    'list/paper:mine-3 LIST_REQUEST ann',
  ])
  const { body } = await ask(port, '/events?since=0', headers)
  const envelopes: { type: string; by?: string; actor: string }[] = JSON.parse(body).events
  const decided = envelopes.filter(({ type }) => type.startsWith('RISK_')).slice(0, 3)
  expect(decided.map(({ type, by }) => [type, by])).toEqual([
    ['RISK_APPROVED', 'ann'],
    ['RISK_APPROVED', 'ann'],
    ['RISK_REJECTED', 'ann'],
  ])
  expect(envelopes).toContainEqual(expect.objectContaining({ type: 'ORDER_REPLACE_REJECTED' }))
  expect(harness.context('list/paper:mine-3')).not.toHaveProperty('by')
  expect(harness.context('order/paper:mine-1')).not.toHaveProperty('by')
  expect((await harness.supervisor.verify()).problems).toEqual([])
  await api.close()
  await harness.supervisor.stop()
})
