import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { createClient } from '../../src/client/index.ts'
import { type OpenedTree, openTree } from './opened-tree.ts'

describe('a venue that is a folder and a line', () => {
  let tree: OpenedTree
  const configure = (config: object) => writeFileSync(join(tree.root, 'run.yaml'), JSON.stringify(config))
  const market = { source: 'sim', ratePerSecond: 200 }
  const venue = { adapter: 'instant' }

  beforeAll(async () => {
    tree = await openTree({
      folder: 'venue',
      to: 'src/adapters',
      registry: 'src/adapters/registry.ts',
      import: "import { instant } from './instant/adapter.ts'",
      list: 'ADAPTERS: readonly Adapter[] = [sim,',
      member: 'instant',
    })
  })
  afterAll(() => tree?.remove())

  it('names what it does not support before a run begins', async () => {
    configure({ market, venue, account: { positionMode: 'hedging' }, watchdog: { enabled: true } })
    const refused = tree.outcry('run', '--no-server', '--config', 'run.yaml', '--data', 'refused')
    await expect(refused).rejects.toMatchObject({ code: 2 })
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('account.positionMode') })
    await expect(refused).rejects.toMatchObject({ stderr: expect.stringContaining('watchdog.enabled') })
  })

  it('fills an order, informs account and position, and reconciles without a difference', async () => {
    configure({ market, venue, watchdog: { enabled: false } })
    const run = tree.start('run', '--config', 'run.yaml', '--data', 'log', '--port', '0')
    try {
      const client = createClient({ url: await Promise.race([run.url, run.ended]), WebSocket })
      const ask = (body: object) =>
        client.ask('send', { params: { address: 'account/sim' }, body: { type: 'ORDER_REQUEST', ...body } })
      const terms = { venue: 'sim', symbol: 'BTCUSDT', side: 'BUY', orderQty: '0.01', timeInForce: 'GTC' }
      // The first trade gives the price at which the order is filled.
      for await (const _ of client.feed({ topics: ['events.market_tick.sim.BTCUSDT'], since: 0 })) break
      await ask({ ...terms, clOrdId: 'sim:mine-1', ordType: 'MARKET', refPx: '61800' })
      await ask({ ...terms, clOrdId: 'sim:mine-2', ordType: 'LIMIT', price: '60000', refPx: '60000' })
      const told = new Map<string, object>()
      const topics = [
        'events.order_filled.sim.>',
        'events.order_rejected.sim.>',
        'events.position_opened.sim.>',
      ]
      for await (const { event } of client.feed({ topics, since: 0 })) {
        told.set((event as { type: string }).type, event)
        if (told.size === topics.length) break
      }
      expect(told.get('ORDER_FILLED')).toMatchObject({ symbol: 'BTCUSDT', cumQty: '0.01' })
      expect(told.get('ORDER_REJECTED')).toMatchObject({ text: 'only market orders, once there is a price' })
      expect(told.get('POSITION_OPENED')).toMatchObject({ quantity: '0.01' })
      expect(await client.actor('order/sim:mine-1')).toMatchObject({ value: { execution: 'filled' } })
      const reconcile = { type: 'RECONCILE', reason: 'to see whether the books agree' }
      const asked = { params: { address: 'reconciliation/sim' }, body: reconcile }
      const { seq: since } = await client.ask('send', asked)
      for await (const { event } of client.feed({ topics: ['events.reconciliation_completed.>'], since })) {
        expect(event).toMatchObject({ discrepancies: 0 })
        expect(event).not.toHaveProperty('repaired')
        break
      }
    } finally {
      run.child.kill('SIGINT')
    }
    await run.ended
    expect(JSON.parse(await tree.outcry('verify', '--data', 'log', '--json'))).toMatchObject({ problems: [] })
  })
})
