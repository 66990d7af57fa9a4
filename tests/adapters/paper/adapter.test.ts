/** The paper venue as a configuration opens it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { type InstrumentInput, instrument } from '../../../machines/index.ts'
import { paper } from '../../../src/adapters/paper/adapter.ts'
import { PROFILES } from '../../../src/adapters/paper/profiles/profiles.ts'
import { WireIds } from '../../../src/adapters/wire-ids.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-paper-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const open = async (config: object, of: Partial<InstrumentInput> = {}) =>
  paper.execution?.open(paper.config.parse(config), {
    venue: 'sim',
    ids: new WireIds('sim', '7f3a'),
    instruments: [instrument.parse({ symbol: 'BTCUSDT', ...of })],
    openingBalances: { USDT: '1000' },
    positionMode: 'netting',
    location: join(root, 'venue'),
    life: { id: 'l', isNew: false },
    onReports: () => {},
  })

it('has the profile that is configured, or else that of its books', async () => {
  for (const [config, profile] of [
    [{}, 'lenient'],
    [{ profile: 'binance-spot' }, 'binance-spot'],
  ] as const) {
    const venue = await open(config)
    expect(venue?.capabilities).toBe(PROFILES[profile].capabilities)
    await venue?.close()
  }
})

it.each([
  [{ profile: 'binance-usdm' }, {}, 'trades linear symbols, and BTCUSDT is spot'],
  [{ profile: 'binance-coinm' }, { contract: 'linear' }, 'trades inverse symbols, and BTCUSDT is linear'],
  [{ profile: 'binance-coinm', feeIn: 'bnb' }, { contract: 'inverse' }, 'takes no fees in bnb'],
] as const)('refuses %o of %o', async (config, of, message) => {
  await expect(open(config, of)).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    message: expect.stringContaining(message),
  })
})
