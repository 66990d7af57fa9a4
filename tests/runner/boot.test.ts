import { expect, it } from 'vitest'
import { machines } from '../../machines/index.ts'
import { boot } from '../../src/runner/boot.ts'
import { loadConfig } from '../../src/runner/config.ts'
import { Harness } from '../runtime/harness.ts'

it('tells the account of an earlier start what is listed by now, and nothing where that is the same', async () => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines })
  const start = async (symbols: string[], tickSize: string) => {
    const instruments = [{ symbol: 'BTCUSDT', tickSize }]
    await boot(supervisor, loadConfig({ flags: { instruments } }), { venue: 'sim', symbols, at: 1 })
  }
  await start(['BTCUSDT'], '0.1')
  const { seq } = supervisor
  await start(['BTCUSDT'], '0.1')
  expect(supervisor.seq).toBe(seq)
  await start(['BTCUSDT', 'ETHUSDT'], '0.5')
  expect(harness.context('account/sim')).toMatchObject({
    instruments: [{ symbol: 'BTCUSDT', tickSize: '0.5' }, { symbol: 'ETHUSDT' }],
  })
})
