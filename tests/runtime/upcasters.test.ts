/** What an earlier build stored under other names is read with today's, wherever it waited. */
import { describe, expect, it } from 'vitest'
import { assign, emit, enqueueActions, raise, sendTo, setup } from 'xstate'
import { releaseOffline } from '../../src/runtime/offline.ts'
import type { Port } from '../../src/runtime/port.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, Intent } from '../../src/runtime/record/record.ts'
import { upcasting } from '../../src/runtime/state/upcasting-store.ts'
import { eventually, Harness } from './harness.ts'

/** The same machine, by the name that a build has for one field. */
function tallyOf(field: string) {
  return setup({ types: {} as { context: Record<string, unknown>; events: AnyEvent } }).createMachine({
    id: 'tally',
    context: { [field]: 0, last: undefined },
    initial: 'on',
    states: {
      on: {
        on: {
          ADD: {
            actions: [
              assign(({ context, event }) => ({ [field]: Number(context[field]) + event[field] })),
              enqueueActions(({ event, enqueue }) => {
                const by = { [field]: event[field] }
                enqueue(emit({ type: 'ADDED', ...by }))
                enqueue(sendTo(({ system }) => system.get('port/shop'), { type: 'ORDER', ...by }))
              }),
            ],
          },
          LATER: {
            actions: enqueueActions(({ event, enqueue }) =>
              enqueue(raise({ type: 'ADD', [field]: event[field] }, { delay: 1_000, id: 'later' })),
            ),
          },
          PASS: {
            actions: sendTo(
              ({ system, event }) => system.get(event.to),
              ({ event }) => ({ type: 'ADD', [field]: event[field] }),
            ),
          },
          THROW: {
            actions: assign(() => {
              throw new Error('no')
            }),
          },
        },
      },
    },
  })
}

const rename = <T extends object>(of: T): T => {
  if (!Object.hasOwn(of, 'by')) return of
  const { by, ...others } = of as { by?: unknown }
  return { ...others, amount: by } as T
}
const upcasters = {
  events: { ADD: rename, ADDED: rename, ORDER: rename, LATER: rename, PASS: rename },
  context: (context: unknown) => rename(context as object),
}
const common = { keptInQuarantine: ['ADD'], supervision: { strategy: 'quarantine' } } as const
const before = { tally: { machine: tallyOf('by'), ...common } }
const today = { tally: { machine: tallyOf('amount'), ...common, upcasters } }

/** Takes everything and completes nothing. */
class Shop implements Port {
  readonly got: Intent[] = []
  deliver(intent: Intent): void {
    this.got.push(intent)
  }
  recover(intent: Intent): void {
    this.got.push(intent)
  }
}

async function lived(harness: Harness): Promise<void> {
  const { supervisor } = harness
  for (const id of ['t', 'u']) await supervisor.spawn('tally', id)
  for (const by of [1, 2]) await supervisor.send('tally/t', { type: 'ADD', by })
  await supervisor.send('tally/t', { type: 'LATER', by: 5 })
  await supervisor.send('tally/t', { type: 'PASS', to: 'tally/none', by: 7 })
  await expect(supervisor.send('tally/u', { type: 'THROW' })).rejects.toMatchObject({ code: 'ACTOR_FAILED' })
  await supervisor.send('tally/t', { type: 'PASS', to: 'tally/u', by: 9 })
}

describe.each(['stopped', 'killed'])('the log of an earlier build that was %s', (how) => {
  async function reopened(): Promise<{ harness: Harness; shop: Shop }> {
    const harness = new Harness()
    await harness.open({ machines: before, ports: { shop: new Shop() } })
    await lived(harness)
    await (how === 'stopped' ? harness.supervisor.stop() : harness.crash())
    const shop = new Shop()
    await harness.open({ machines: today, ports: { shop } })
    return { harness, shop }
  }

  it('has actors, timers, intents and messages that wait with the names of today', async () => {
    const { harness, shop } = await reopened()
    const { supervisor } = harness
    expect(harness.context('tally/t')).toEqual({ amount: 3 })
    await eventually(() => expect(shop.got.map(({ event }) => event)).toHaveLength(2))
    expect(shop.got.map(({ event }) => event)).toEqual([1, 2].map((amount) => ({ type: 'ORDER', amount })))
    harness.clock.advanceTo(2_000)
    await supervisor.idle()
    expect(harness.context('tally/t')).toEqual({ amount: 8 })
    await supervisor.release('tally/u')
    harness.clock.advanceTo(3_000)
    await supervisor.idle()
    expect(harness.context('tally/u')).toEqual({ amount: 9 })
    expect(harness.errors.filter((text) => !/tally\/u/.test(text))).toEqual([])
    expect((await supervisor.verify()).problems).toEqual([])
    await supervisor.stop()
  })

  it('shows them in its records, its past and its dead letters, which can be sent again', async () => {
    const { harness } = await reopened()
    const { supervisor } = harness
    const records = await harness.records()
    expect(JSON.stringify(records)).not.toContain('"by"')
    const added = records.filter(({ actor, event }) => actor === 'tally/t' && event.type === 'ADD')
    expect(added.map(({ event, emitted }) => [event.amount, emitted?.[0]?.amount])).toEqual([
      [1, 1],
      [2, 2],
    ])
    expect(await supervisor.stateAt('tally/t', { rev: 2 })).toMatchObject({ context: { amount: 1 } })
    const letter = records.find(({ event }) => event.type === 'DEAD_LETTER')
    expect(letter?.event.event).toEqual({ type: 'ADD', amount: 7 })
    await supervisor.spawn('tally', 'none')
    await supervisor.redeliver(letter?.seq as number)
    expect(harness.context('tally/none')).toEqual({ amount: 7 })
    await supervisor.stop()
  })

  it('lets an actor go that is in quarantine, while it is closed', async () => {
    const { harness } = await reopened()
    await harness.supervisor.stop()
    const store = await openMemoryStore(harness.memory)
    await releaseOffline(store, today, 'tally/u')
    await store.close()
    await harness.open({ machines: today, ports: { shop: new Shop() } })
    harness.clock.advanceTo(3_000)
    await harness.supervisor.idle()
    expect(harness.context('tally/u')).toEqual({ amount: 9 })
    await harness.supervisor.stop()
  })
})

it('a log whose kinds have no upcasters is read as it is', async () => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: before, ports: { shop: new Shop() } })
  expect(upcasting(harness.store, supervisor.registry)).toBe(harness.store)
  await supervisor.stop()
})

it.each([
  ['throws', () => JSON.parse('{')],
  ['returns another event', () => ({ type: 'SUB' })],
  ['returns nothing', () => undefined],
])('an upcaster that %s is named, and the log stays as it was', async (_, upcast) => {
  const harness = new Harness()
  await harness.open({ machines: before, ports: { shop: new Shop() } })
  await lived(harness)
  await harness.crash()
  const wrong = { tally: { ...today.tally, upcasters: { ...upcasters, events: { ADD: upcast as never } } } }
  await expect(harness.open({ machines: wrong, ports: { shop: new Shop() } })).rejects.toMatchObject({
    code: 'UPGRADE_FAILED',
    message: expect.stringContaining('the upcaster for ADD fails on what the log has of tally/t'),
  })
  await harness.open({ machines: today, ports: { shop: new Shop() } })
  expect(harness.context('tally/t')).toEqual({ amount: 3 })
  await harness.supervisor.stop()
})
