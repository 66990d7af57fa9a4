/** Tests the answers to CANCEL_ALL, CLOSE_POSITION and FLATTEN, and that the log says who asked. Over real sockets. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { assign, createMachine } from 'xstate'
import { machines } from '../../machines/index.ts'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { Floor, SYMBOL } from '../machines/floor.ts'
import { Harness } from '../runtime/harness.ts'
import { ask } from './asking.ts'

const TOKEN = 'ann.horse_battery~staple-1'
const ACCOUNT = 'account/paper'
const POSITION = `position/paper:${SYMBOL}`

let floor: Floor
let api: ApiServer
let logger: Parameters<typeof startApi>[2]
let tokens: { name: string; access: 'control'; env: string }[]

beforeAll(async () => {
  floor = await Floor.open({ watchdog: { graceMs: 900_000 } })
  process.env.CLOSING_TOKEN = TOKEN
  tokens = [{ name: 'ann', access: 'control', env: 'CLOSING_TOKEN' }]
  logger = silentLogger
  api = await startApi(floor.harness.supervisor, { host: '127.0.0.1', port: 0, tokens }, logger)
})
afterAll(async () => {
  await api.close()
})

async function post(actor: string, type: string, { url } = api) {
  const headers = { authorization: `Bearer ${TOKEN}` }
  const { status, body } = await ask(Number(new URL(url).port), `/actors/${actor}/events`, headers, 'POST', {
    type,
  })
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

it('a command that does not reach the account of its position is refused', async () => {
  await floor.send(ACCOUNT, { type: 'SET_TRADING_STATE', tradingState: 'active', by: 'ann' })
  await floor.order('o')
  const records = await floor.harness.records()
  const fill = records.findLast(({ actor, event }) => actor === POSITION && event.type === 'FILL')
  const fail = assign(() => {
    throw new Error('boom')
  })
  const broken = createMachine({ id: 'broken', on: { '*': { actions: fail } } })
  const account = { machine: broken, supervision: { strategy: 'quarantine' as const } }
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { ...machines, account } })
  await supervisor.spawn('account', 'paper')
  await supervisor.send(ACCOUNT, { type: 'ANY' }).catch(() => {})
  await supervisor.send(POSITION, fill?.event ?? { type: 'none' })
  const lame = await startApi(supervisor, { host: '127.0.0.1', port: 0, tokens }, logger)
  const refused = { status: 409, code: 'ACTOR_QUARANTINED', state: 'long' }
  expect(await post(POSITION, 'CLOSE_POSITION', lame)).toMatchObject(refused)
  await lame.close()
  await supervisor.stop()
})
