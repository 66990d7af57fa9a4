import { afterEach, describe, expect, it } from 'vitest'
import { ordType, timeInForce } from '../../machines/events/order.ts'
import { capabilityIssues, type VenueCapabilities } from '../../src/adapters/capabilities.ts'
import { PAPER_CAPABILITIES } from '../../src/adapters/paper/capabilities.ts'
import { PROFILE_NAMES, type ProfileName } from '../../src/adapters/paper/engine/profile-name.ts'
import { PROFILES } from '../../src/adapters/paper/profiles/profiles.ts'
import { Desk } from './paper/desk.ts'

const wanted = (positionMode: 'netting' | 'hedging', enabled: boolean) => ({
  account: { positionMode },
  watchdog: { enabled },
})

describe('what a configuration asks of a venue', () => {
  const spot: VenueCapabilities = {
    ...PAPER_CAPABILITIES,
    orderTypes: ['MARKET', 'LIMIT'],
    hedgeMode: false,
    reduceOnly: false,
  }

  it.each([
    ['all of it', PAPER_CAPABILITIES, wanted('hedging', true), []],
    ['no hedge mode', spot, wanted('hedging', false), ['account.positionMode']],
    ['no stops', spot, wanted('netting', true), ['watchdog.enabled']],
    ['enough', spot, wanted('netting', false), []],
    [
      'no reduce-only',
      { ...PAPER_CAPABILITIES, reduceOnly: false },
      wanted('netting', true),
      ['watchdog.enabled'],
    ],
  ])('is known before it is asked: %s', (_, capabilities, config, fields) => {
    expect(capabilityIssues(capabilities, config).map(({ field }) => field)).toEqual(fields)
  })
})

describe('the paper venue does what it says', () => {
  let desk: Desk
  afterEach(() => desk.venue.close())
  const open = async (profile?: ProfileName) => {
    desk = await Desk.open({ profile, openingBalances: { USDT: '1000' } })
    expect(desk.venue.capabilities).toBe(PROFILES[profile ?? 'lenient'].capabilities)
    desk.quote('99', '101')
  }
  /** What the venue made of the request, first and last. */
  const reports = async () => {
    desk.venue.advance(desk.at + 1_000)
    await desk.venue.flush()
    return desk.venue.reportsAfter(0).map(({ report }) => report)
  }
  /** What each type needs; a stop far away rests. */
  const PRICES = {
    MARKET: {},
    LIMIT: { price: '90' },
    STOP: { stopPx: '110' },
    STOP_LIMIT: { stopPx: '110', price: '111' },
    TRAILING_STOP: { trailingOffset: '10' },
    TAKE_PROFIT: { stopPx: '90' },
    TAKE_PROFIT_LIMIT: { stopPx: '90', price: '91' },
  } as const

  const each = <T extends string>(options: readonly T[], has: (of: VenueCapabilities, one: T) => boolean) =>
    PROFILE_NAMES.flatMap((profile) =>
      options.map((one) => [profile, one, has(PROFILES[profile].capabilities, one)] as const),
    )

  it.each(each(ordType.options, ({ orderTypes }, type) => orderTypes.includes(type)))(
    'as %s, of the order type %s: %s',
    async (profile, type, can) => {
      await open(profile)
      desk.place('a', { ordType: type, ...PRICES[type] })
      const [first] = await reports()
      expect(first).toMatchObject({ execType: can ? 'NEW' : 'REJECTED' })
    },
  )

  it.each(each(timeInForce.options, ({ timeInForce }, tif) => timeInForce.includes(tif)))(
    'as %s, of the time in force %s: %s',
    async (profile, tif, can) => {
      await open(profile)
      const expireTime = desk.at + 1_000_000
      desk.place('a', {
        ordType: 'LIMIT',
        price: '90',
        timeInForce: tif,
        ...(tif === 'GTD' && { expireTime }),
      })
      const [first] = await reports()
      expect(first).toMatchObject({ execType: can ? 'NEW' : 'REJECTED' })
    },
  )

  it('of a replace: price and quantity, up and down', async () => {
    expect(PAPER_CAPABILITIES.amend).toBe('priceAndQuantity')
    await open()
    desk.place('a', { ordType: 'LIMIT', price: '90', orderQty: '2' })
    await reports()
    desk.replace('b', 'a', { orderQty: '3', price: '91' })
    desk.replace('c', 'b', { orderQty: '1', price: '91' })
    const [, more, less] = await reports()
    expect(more).toMatchObject({ execType: 'REPLACED', leavesQty: '3' })
    expect(less).toMatchObject({ execType: 'REPLACED', leavesQty: '1' })
  })

  it('of an order that may only reduce: it opens nothing', async () => {
    expect(PAPER_CAPABILITIES.reduceOnly).toBe(true)
    await open()
    desk.place('a', { reduceOnly: true })
    expect(await reports()).toMatchObject([{ execType: 'REJECTED', ordRejReason: 'REDUCE_ONLY' }])
  })

  it('of a hedge: a long and a short position of one symbol at once', async () => {
    expect(PAPER_CAPABILITIES.hedgeMode).toBe(true)
    await open()
    desk.place('long', { positionSide: 'LONG' })
    desk.place('short', { side: 'SELL', positionSide: 'SHORT' })
    await reports()
    expect(desk.venue.positions()).toEqual({ 'BTCUSDT:LONG': '1', 'BTCUSDT:SHORT': '-1' })
  })

  it('of commissions: they are in what the trade is paid in', async () => {
    expect(PAPER_CAPABILITIES.feeAssets).toEqual(['settle'])
    await open()
    desk.place('a', { orderQty: '1' })
    desk.place('b', { orderQty: '1', side: 'SELL' })
    const assets = (await reports()).flatMap((report) =>
      'commissionAsset' in report ? [report.commissionAsset] : [],
    )
    expect(assets).toEqual(['USDT', 'USDT'])
  })

  it('of ids: any text is one', async () => {
    expect(PAPER_CAPABILITIES.ids).toEqual({})
    await open()
    const id = `${'long '.repeat(40)}/2 币`
    desk.place(id, { ordType: 'LIMIT', price: '90' })
    expect(await reports()).toMatchObject([{ execType: 'NEW', clOrdId: id }])
  })
})
