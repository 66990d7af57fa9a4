/** Tests that a FLATTEN comes to its end when the process dies at each of its writes. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { AccountContext, DomainEvents } from '../../../machines/index.ts'
import type { RunningRunner } from '../../../src/runner/runner.ts'
import { busyConfig, STARTS_AT } from './config.ts'
import { type Left, MortalRun } from './mortal-run.ts'

const ACCOUNT = 'account/sim'
const LATENCY_MS = 300
const DURATION_MS = 40_000
const BUYS_AT = STARTS_AT + 8_000
/** A strategy holds something by then, too. */
const FLATTENS_AT = STARTS_AT + 35_000
const ORDER = { type: 'ORDER_REQUEST', venue: 'sim', symbol: 'CUSDT', side: 'BUY', orderQty: '1' }
const BUY = { ...ORDER, ordType: 'MARKET', timeInForce: 'GTC', refPx: '200' }
/** A person buys without a stop, has an order rest, and asks to be flat. Each has a key, and is sent again after a kill. */
const ASKED = [
  { key: 'buy', from: BUYS_AT, event: { ...BUY, clOrdId: 'sim:by-hand' } },
  { key: 'rest', from: BUYS_AT, event: { ...BUY, clOrdId: 'sim:rest', ordType: 'LIMIT', price: '150' } },
  { key: 'flatten', from: FLATTENS_AT, event: { type: 'FLATTEN', by: 'ann' } },
]

class Person {
  #runner: RunningRunner | undefined
  readonly run = new MortalRun(busyConfig(LATENCY_MS, DURATION_MS), (runner) => this.#meet(runner))

  /** Returns whether the account is at its FLATTEN. */
  get isClosing(): boolean {
    const { context } = this.#runner?.supervisor.getSnapshot(ACCOUNT) ?? {}
    return (context as AccountContext | undefined)?.closing !== undefined
  }

  #meet(runner: RunningRunner): void {
    this.#runner = runner
    const { supervisor } = runner
    const asked = new Set<string>()
    supervisor.transitions$.subscribe(({ at }) => {
      for (const { key, from, event } of ASKED) {
        if (at < from || asked.has(key) || supervisor.seqOfKey(key) !== undefined) continue
        asked.add(key)
        // A kill takes the answer along.
        supervisor.send(ACCOUNT, { ...event, at }, { key, at }).catch(() => {})
      }
    })
  }
}

function flattened({ records }: Left): readonly DomainEvents<'ACCOUNT_FLATTENED'>[] {
  const emitted = records.flatMap((record) => record.emitted ?? [])
  return emitted.filter(({ type }) => type === 'ACCOUNT_FLATTENED') as never
}

const people = [new Person(), new Person()] as const
const [undisturbed, killed] = people
let reference: Left

beforeAll(async () => {
  await undisturbed.run.live()
  reference = await undisturbed.run.left()
})
afterAll(() => {
  for (const { run } of people) run.remove()
})

it('an account of strategies and of a person becomes flat', () => {
  expect(flattened(reference)).toMatchObject([{ by: 'ann', closed: [{ symbol: 'CUSDT', quantity: '1.5' }] }])
})

it('with a kill at each write of its FLATTEN it becomes flat once, and no position turns over', async () => {
  const { run } = killed
  for (let ends = -1; ends < run.ends; ) {
    ends = run.ends
    await run.live(({ ofRun }) => (ofRun > 0 && killed.isClosing ? 'answerLost' : undefined))
  }
  expect(run.ends).toBeGreaterThan(10)
  const left = await run.left()
  expect(left.problems).toEqual([])
  expect(flattened(left).map(({ closed }) => closed)).toEqual(
    flattened(reference).map(({ closed }) => closed),
  )
  const flipped = left.records.flatMap(({ emitted = [] }) =>
    emitted.filter(({ type }) => type === 'POSITION_FLIPPED'),
  )
  expect(flipped).toEqual([])
  const { open, positions } = left.venues.sim as { open: object[]; positions: Record<string, string> }
  expect(open).toEqual([])
  expect(Object.values(positions).filter((quantity) => quantity !== '0')).toEqual([])
})
