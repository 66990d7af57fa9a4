import { afterEach, describe, expect, it } from 'vitest'
import { createMachine } from 'xstate'
import { type ApiServer, startApi } from '../../src/api/server.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Floor } from '../machines/floor.ts'
import { Harness } from '../runtime/harness.ts'

let api: ApiServer
let supervisor: Supervisor

async function serve(of: Supervisor): Promise<void> {
  supervisor = of
  api = await startApi(supervisor, { host: '127.0.0.1', port: 0 }, silentLogger)
}
afterEach(async () => {
  await api.close()
  await supervisor.stop()
})

const get = async (path: string) => (await fetch(`${api.url}${path}`)).json()

describe('accounts', () => {
  it('show their values at the last price, their positions and their working orders', async () => {
    const floor = await Floor.open()
    await serve(floor.harness.supervisor)
    await floor.bracket('b')
    await floor.pass()
    await floor.price('103')
    const { accounts } = (await get('/accounts')) as { accounts: unknown[] }
    expect(accounts).toMatchObject([
      {
        address: 'account/paper',
        asset: 'USDT',
        tradingState: 'active',
        // Two units were bought a cent above 100.
        equity: '100005.98',
        dailyPnl: '5.98',
        drawdownPct: '0',
        unrealizedPnl: '5.98',
        positions: [
          {
            address: 'position/paper:BTCUSDT',
            symbol: 'BTCUSDT',
            quantity: '2',
            avgPx: '100.01',
            markPx: '103',
            unrealizedPnl: '5.98',
          },
        ],
        orders: [
          {
            address: 'order/paper:b-stop',
            side: 'SELL',
            ordType: 'STOP',
            leavesQty: '2',
            stopPx: '95',
            reduceOnly: true,
          },
          { address: 'order/paper:b-target', side: 'SELL', ordType: 'LIMIT', leavesQty: '2', price: '110' },
        ],
      },
    ])
  })

  it('say why they do not trade', async () => {
    const floor = await Floor.open({
      account: {
        limits: { orderNotionalMax: '1000', openOrdersMax: 5, dailyLossMax: '5', breakTo: 'halted' },
      },
    })
    await serve(floor.harness.supervisor)
    await floor.order('o')
    await floor.price('90')
    await floor.order('out', { side: 'SELL' })
    expect(await get('/accounts')).toMatchObject({
      accounts: [
        {
          tradingState: 'halted',
          breaker: { check: 'dailyLossMax', limit: '5' },
          review: { reason: expect.stringContaining('dailyLossMax reached') },
        },
      ],
    })
  })

  it('are only our own accounts, even when other machines have that kind name', async () => {
    const harness = new Harness()
    await harness.open({ machines: { account: createMachine({ context: { equity: 'none of yours' } }) } })
    await harness.supervisor.spawn('account', 'mine')
    await serve(harness.supervisor)
    expect(await get('/accounts')).toEqual({ accounts: [] })
  })
})
