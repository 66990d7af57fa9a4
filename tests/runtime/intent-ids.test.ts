import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { assign, enqueueActions, sendTo, setup } from 'xstate'
import type { Port } from '../../src/runtime/port.ts'
import { counted, NO_REQUESTS, type RequestCounts, withIntents } from '../../src/runtime/record/intent-ids.ts'
import type { Intent } from '../../src/runtime/record/record.ts'
import { SEED } from '../seeded.ts'
import { Harness } from './harness.ts'

const asks = (type: string) => sendTo(({ system }) => system.get('port/desk'), { type })

const child = setup({}).createMachine({ on: { PAY: { actions: asks('PLACE') } } })

const trader = setup({ actors: { child } }).createMachine({
  on: {
    BUY: { actions: asks('PLACE') },
    LOOK: { actions: asks('QUESTION') },
    BOTH: { actions: [asks('PLACE'), asks('QUESTION'), asks('PLACE')] },
    FAIL: {
      actions: [
        asks('PLACE'),
        assign(() => {
          throw new Error('fails')
        }),
      ],
    },
    LATER: { actions: sendTo(({ system }) => system.get('port/desk'), { type: 'PLACE' }, { delay: 100 }) },
    REPLACE: {
      actions: enqueueActions(({ enqueue }) => {
        enqueue.stopChild('c')
        enqueue.spawnChild('child', { id: 'c' })
      }),
    },
    TELL: { actions: sendTo('c', { type: 'PAY' }) },
  },
})

class Trading {
  readonly harness = new Harness()
  readonly ids: string[] = []

  async open(snapshotEvery = 1_000): Promise<this> {
    const desk: Port = { deliver: ({ id }) => void this.ids.push(id), recover: () => {} }
    const supervision = {
      strategy: 'restart',
      backoff: { minMs: 1, maxMs: 1, restartsMax: 9, resetMs: 9 },
    } as const
    await this.harness.open({
      machines: { trader: { machine: trader, supervision } },
      ports: { desk },
      snapshotEvery,
    })
    return this
  }

  async send(...types: string[]): Promise<string[]> {
    const { supervisor, clock } = this.harness
    const before = this.ids.length
    for (const type of types) {
      await supervisor.send('trader/t', { type }).catch(() => {})
      clock.advanceTo(clock.now() + 100)
      supervisor.pump()
      await supervisor.idle()
    }
    return this.ids.slice(before)
  }
}

const spawned = async () => {
  const trading = await new Trading().open()
  await trading.harness.supervisor.spawn('trader', 't')
  return trading
}

describe('the id of an intent', () => {
  it('is the same whatever else the actor is asked', async () => {
    const [quiet, asked] = [await spawned(), await spawned()]
    await quiet.send('BUY', 'BOTH', 'LATER')
    await asked.send('LOOK', 'BUY', 'LOOK', 'NOTHING', 'LOOK', 'BOTH', 'LOOK', 'LATER')
    const placed = (ids: string[]) => ids.filter((id) => id.includes('PLACE'))
    expect(placed(asked.ids)).toEqual(placed(quiet.ids))
    expect(placed(quiet.ids)).toEqual([1, 2, 3, 4].map((n) => `trader/t/PLACE:${n}`))
  })

  it.each([1, 1_000])(
    'continues over crashes, stops and passivation, with a snapshot every %i records',
    async (every) => {
      const trading = await new Trading().open(every)
      await trading.harness.supervisor.spawn('trader', 't')
      await trading.send('BUY', 'BOTH')
      await trading.harness.crash()
      await trading.open(every)
      expect(await trading.send('BUY', 'LOOK')).toEqual(['trader/t/PLACE:4', 'trader/t/QUESTION:2'])
      await trading.harness.supervisor.stop()
      await trading.open(every)
      expect(await trading.send('BUY')).toEqual(['trader/t/PLACE:5'])
      expect((await trading.harness.supervisor.verify()).problems).toEqual([])
    },
  )

  it('is not used up by an undone turn, and continues when the actor starts again', async () => {
    const trading = await spawned()
    expect(await trading.send('BUY', 'FAIL', 'BUY')).toEqual(['trader/t/PLACE:1', 'trader/t/PLACE:2'])
    expect((await trading.harness.supervisor.verify()).problems).toEqual([])
  })

  it('never repeats when a child takes the address of an earlier one', async () => {
    const trading = await spawned()
    expect(await trading.send('REPLACE', 'TELL', 'REPLACE', 'TELL')).toEqual([
      'trader/t/c/PLACE:1',
      'trader/t/c/PLACE:2',
    ])
    await trading.harness.crash()
    await trading.open()
    expect(await trading.send('REPLACE', 'TELL')).toEqual(['trader/t/c/PLACE:3'])
    expect((await trading.harness.supervisor.verify()).problems).toEqual([])
  })

  const type = fc.oneof(
    fc.constantFrom('A', 'A:1', 'A/1', '', '__proto__', 'constructor', '%0041', '1', '1/0', '\ud800'),
    fc.string({ unit: 'binary', maxLength: 200 }),
  )
  const address = fc.constantFrom('order/a', 'order/a/1', 'order/a/A:1', 'order/a/1/0')

  it(`differs for each request of any actor and type, and from those of older logs, seed ${SEED}`, () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(address, type), { maxLength: 300 }), (requests) => {
        const counts = new Map<string, RequestCounts>()
        const ids = requests.map(([actor, type]) => {
          const was = counts.get(actor) ?? NO_REQUESTS
          const { id, counts: now } = counted(actor, was, type)
          // The replay of the record gives the same result.
          expect(withIntents(was, [{ id, event: { type } } as Intent])).toEqual(now)
          counts.set(actor, JSON.parse(JSON.stringify(now)))
          return id
        })
        expect(new Set(ids).size).toBe(ids.length)
        expect(ids.filter((id) => /\/\d+\/\d+$/.test(id))).toEqual([])
        expect(ids.filter((id) => id.length > 512 + 400)).toEqual([])
      }),
      { seed: SEED },
    )
  })

  it('counts a bounded number of types separately, whatever types an actor makes', () => {
    let counts = NO_REQUESTS
    const ids = new Set<string>()
    for (let round = 0; round < 2; round++) {
      for (let n = 0; n < 1_000; n++) {
        const { id, counts: now } = counted('order/a', counts, `PAY-${n}`)
        ids.add(id)
        counts = now
      }
    }
    expect(ids.size).toBe(2_000)
    expect(Object.keys(counts).length).toBeLessThanOrEqual(101)
  })
})
