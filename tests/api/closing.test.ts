/** Tests the answers to CANCEL_ALL, CLOSE_POSITION and FLATTEN, and that the log says who asked. Over real sockets. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { Floor, SYMBOL } from '../machines/floor.ts'
import { ask } from './asking.ts'

const TOKEN = 'ann.horse_battery~staple-1'
const ACCOUNT = 'account/paper'
const POSITION = `position/paper:${SYMBOL}`

let floor: Floor
let api: ApiServer

beforeAll(async () => {
  floor = await Floor.open({ watchdog: { graceMs: 900_000 } })
  process.env.CLOSING_TOKEN = TOKEN
  const tokens = [{ name: 'ann', access: 'control', env: 'CLOSING_TOKEN' }] as const
  const logger = { debug() {}, info() {}, warn() {}, error() {} }
  api = await startApi(floor.harness.supervisor, { host: '127.0.0.1', port: 0, tokens }, logger)
})
afterAll(async () => {
  await api.close()
})

async function post(actor: string, type: string) {
  const headers = { authorization: `Bearer ${TOKEN}` }
  const { status, body } = await ask(
    Number(new URL(api.url).port),
    `/actors/${actor}/events`,
    headers,
    'POST',
    {
      type,
    },
  )
  const { code, state, events = [] } = JSON.parse(body)
  return { status, code, state, events: (events as { event: object }[]).map(({ event }) => event) }
}

it('each command has its effects as the answer, and the name of its token', async () => {
  await floor.bracket('b')
  await floor.order('low', { ordType: 'LIMIT', price: '90' })
  const by = 'ann'
  expect(await post(ACCOUNT, 'CANCEL_ALL')).toMatchObject({
    status: 200,
    state: 'active',
    events: [
      { type: 'MANUAL_INTERVENTION', action: 'CANCEL_ALL', by },
      { type: 'ORDER_PENDING_CANCEL', order: 'order/low' },
    ],
  })
  await floor.pass()
  expect(await post(POSITION, 'CLOSE_POSITION')).toMatchObject({
    status: 200,
    state: 'long',
    events: [{ type: 'MANUAL_INTERVENTION', action: 'CLOSE_POSITION', symbol: SYMBOL, by }],
  })
  await floor.pass()
  expect(await post(POSITION, 'CLOSE_POSITION')).toMatchObject({ status: 409, code: 'EVENT_UNHANDLED' })
  await floor.pass()
  expect(await post(ACCOUNT, 'FLATTEN')).toMatchObject({
    status: 200,
    state: 'reducing',
    events: [
      { type: 'MANUAL_INTERVENTION', action: 'FLATTEN', by },
      { type: 'TRADING_BLOCKED', tradingState: 'reducing', by },
      { type: 'ACCOUNT_FLATTENED', closed: [], by },
    ],
  })
})
