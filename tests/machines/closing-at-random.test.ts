/** Tests that an account becomes flat after a FLATTEN, whatever has happened before and happens meanwhile. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type AccountContext, instrument } from '../../machines/index.ts'
import { howMany, SEED } from '../seeded.ts'
import { Floor, SYMBOL } from './floor.ts'

const RUNS = howMany('FLATTENED_RUNS', 12)
/** While the venue is out of reach. */
const NOT_DELIVERED = 'port/paper failed to deliver an intent'
const ACCOUNT = 'account/paper'
const limits = { orderNotionalMax: '100000', openOrdersMax: 50 }
const CONFIG = {
  instruments: [{ symbol: SYMBOL, contract: 'linear' }],
  account: { limits },
  watchdog: { graceMs: 700 },
}

const rules = (floor: Floor, of: object = {}) => {
  const instruments = [instrument.parse({ symbol: SYMBOL, contract: 'linear', ...of })]
  return floor.send(ACCOUNT, { type: 'CONFIGURE', settings: { instruments } })
}
/** An OCO against a long of 2. */
const oco = (floor: Floor, n: number, reduceOnly: boolean) => {
  const leg = { side: 'SELL', orderQty: '2', timeInForce: 'GTC', reduceOnly } as const
  const stop = { legId: 'stop', ordType: 'STOP', stopPx: '94', ...leg } as const
  const target = { legId: 'target', ordType: 'LIMIT', price: '107', ...leg } as const
  return floor.bracket(`oco-${n}`, { contingencyType: 'OCO', orders: [target, stop] })
}
const RECONCILIATION = 'reconciliation/paper'
const look = (floor: Floor) => floor.send(RECONCILIATION, { type: 'RECONCILE', reason: 'a look' })
/** An order that somebody has placed at the venue itself becomes known here, unless a look is under way that began before it. */
const reconcile = async (floor: Floor) => {
  await look(floor)
  for (let passed = 0; passed < 8_000; passed += 1_000) await floor.pass(1_000)
}
/** All orders at the venue are known here, however long a look that is under way waits for the venue. */
const reconciled = async (floor: Floor) => {
  await look(floor)
  for (let i = 0; i < 60 && floor.value(RECONCILIATION) !== 'idle'; i++) await floor.pass(1_000)
  expect(floor.value(RECONCILIATION)).toBe('idle')
}

type Step = (floor: Floor, n: number) => Promise<void>

const side = fc.constantFrom('BUY', 'SELL')
const orderQty = fc.integer({ min: 1, max: 3 }).map(String)
const px = fc.integer({ min: 88, max: 112 }).map(String)
const ask =
  (terms: object): Step =>
  (floor, n) =>
    floor.order(`o-${n}`, terms)

const trading: readonly fc.Arbitrary<Step>[] = [
  fc.record({ side, orderQty }).map(ask),
  fc.record({ side, orderQty, price: px, ordType: fc.constant('LIMIT') }).map(ask),
  fc.record({ side, orderQty, stopPx: px, ordType: fc.constant('STOP'), reduceOnly: fc.boolean() }).map(ask),
  fc.constant((floor, n) => floor.bracket(`b-${n}`)),
  fc.boolean().map((reduceOnly) => (floor, n) => oco(floor, n, reduceOnly)),
  fc.constant(async (floor, n) => {
    floor.connect()
    await floor.orderAtVenue(`foreign-${n}`)
    await reconcile(floor)
  }),
  fc.constantFrom({}, { maxNotional: '150' }, { minQty: '1', maxNotional: '260' }).map((of) => (floor) => {
    return rules(floor, of)
  }),
  fc.record({ px, size: fc.constantFrom('0.4', '2', '1000') }).map(({ px, size }) => {
    return (floor) => floor.price(px, size)
  }),
  fc.integer({ min: 1, max: 3_000 }).map((ms) => (floor) => floor.pass(ms)),
  fc.constant(async (floor) => floor.disconnect()),
  fc.constant(async (floor) => floor.connect()),
]
const flatten: Step = (floor) => floor.send(ACCOUNT, { type: 'FLATTEN', by: 'ann' })
const close: Step = (floor) => floor.send(`position/paper:${SYMBOL}`, { type: 'CLOSE_POSITION', by: 'ann' })
const steps = (max: number, ...more: fc.Arbitrary<Step>[]) =>
  fc.array(fc.oneof(...trading, ...more), { maxLength: max })

const closing = (floor: Floor) => (floor.harness.context(ACCOUNT) as AccountContext).closing

it(`an account becomes flat and opens nothing by itself, seed ${SEED}`, async () => {
  const before = steps(20, fc.constant(close))
  const meanwhile = steps(15, fc.constant(close), fc.constant(flatten))
  await fc.assert(
    fc.asyncProperty(before, meanwhile, async (before, meanwhile) => {
      const floor = await Floor.open(CONFIG)
      let n = 0
      for (const step of before) await step(floor, n++)
      const asked = (await floor.emitted('ORDER_SUBMITTED')).length
      await flatten(floor, n++)
      for (const step of meanwhile) await step(floor, n++)
      floor.connect()
      await rules(floor, { maxNotional: '250' })
      await reconciled(floor)
      await flatten(floor, n++)
      for (let i = 0; i < 60 && closing(floor) !== undefined; i++) {
        await floor.price('100')
        await floor.pass(2_500)
      }
      const { positions, working } = floor.harness.context(ACCOUNT) as AccountContext
      expect([closing(floor), positions, working, floor.working()]).toEqual([undefined, {}, {}, {}])
      expect(Object.values(floor.venue.positions()).filter((quantity) => quantity !== '0')).toEqual([])
      expect((await floor.emitted('ACCOUNT_FLATTENED')).length).toBeGreaterThan(0)
      const later = (await floor.emitted('ORDER_SUBMITTED')).slice(asked)
      expect(later.filter(({ reduceOnly, ordType }) => !reduceOnly && ordType !== 'STOP')).toEqual([])
      const errors = floor.harness.errors.filter((text) => text !== NOT_DELIVERED)
      expect(errors).toEqual([])
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  )
})
