/** A wrong upcaster is named, whatever is wrong with it. It harms no other actor, and nobody calls the log damaged. */
import { describe, expect, it } from 'vitest'
import { assign, setup } from 'xstate'
import { Registry } from '../../src/runtime/actors/registry.ts'
import type { Upcasters } from '../../src/runtime/actors/upcasters.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { upcastRecord } from '../../src/runtime/state/upcast.ts'
import { upcasting } from '../../src/runtime/state/upcasting-store.ts'
import { verifyLog } from '../../src/runtime/state/verify.ts'
import type { Store } from '../../store/index.ts'
import { Harness } from './harness.ts'

/** The same machine, by the name that a build has for one field. */
function tallyOf(field: string) {
  return setup({ types: {} as { context: Record<string, unknown>; events: AnyEvent } }).createMachine({
    id: 'tally',
    // A value that JSON lacks: what is stored is not what is read.
    context: { [field]: 0, last: undefined },
    on: {
      ADD: { actions: assign(({ context, event }) => ({ [field]: Number(context[field]) + event[field] })) },
    },
  })
}

const rename = <T extends object>(of: T): T => {
  if (!Object.hasOwn(of, 'by')) return of
  const { by, ...others } = of as { by?: unknown }
  return { ...others, amount: by } as T
}
const right: Upcasters = { events: { ADD: rename }, context: (context) => rename(context as object) }
const kinds = (upcasters: Upcasters) => ({
  tally: { machine: tallyOf('amount'), upcasters },
  plain: tallyOf('by'),
})

/** A log that an earlier build was stopped on, or killed on. */
async function earlier(how: 'stopped' | 'killed'): Promise<Harness> {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { tally: tallyOf('by'), plain: tallyOf('by') } })
  for (const address of ['tally/t', 'plain/p']) {
    const [kind, id] = address.split('/') as [string, string]
    await supervisor.spawn(kind, id)
    await supervisor.send(address, { type: 'ADD', by: 1 })
  }
  await (how === 'stopped' ? supervisor.stop() : harness.crash())
  return harness
}

const changed = (of: object) => {
  const was = of as { by?: unknown; amount?: unknown }
  was.amount = was.by
  delete was.by
  return of
}
const cyclic = () => {
  const of: Record<string, unknown> = { type: 'ADD' }
  of.self = of
  return of
}

/** What an upcaster may do wrong with what it gets. */
const WRONG: readonly (readonly [string, (of: object) => unknown])[] = [
  ['throws', () => JSON.parse('{')],
  ['returns nothing', () => undefined],
  ['returns null', () => null],
  ['returns a promise', async (of) => of],
  ['returns a date', (of) => ({ ...of, amount: new Date(0) })],
  ['returns a number that is none', (of) => ({ ...of, amount: Number('one') })],
  ['returns a function', (of) => ({ ...of, amount: () => 1 })],
  ['returns what contains itself', cyclic],
  ['changes what it gets', changed],
]

describe.each(WRONG)('an upcaster that %s', (_, wrong) => {
  it('of an event is named at a start, which changes nothing', async () => {
    const harness = await earlier('killed')
    const upcasters = { ...right, events: { ADD: wrong as (event: AnyEvent) => AnyEvent } }
    await expect(harness.open({ machines: kinds(upcasters) })).rejects.toMatchObject({
      code: 'UPGRADE_FAILED',
      message: expect.stringContaining('the upcaster for ADD fails on what the log has of tally/t'),
    })
    const supervisor = await harness.open({ machines: kinds(right) })
    expect(harness.context('tally/t')).toEqual({ amount: 1, last: undefined })
    await supervisor.stop()
  })

  it('of a context leaves its actor as the log has it, and the others run', async () => {
    const harness = await earlier('stopped')
    const supervisor = await harness.open({
      machines: kinds({ ...right, context: wrong as (context: unknown) => unknown }),
    })
    const refused = await supervisor.send('tally/t', { type: 'ADD', amount: 1 }).catch((error) => error)
    expect(refused).toMatchObject({
      message: expect.stringContaining('the upcaster for the context fails on what the log has of tally/t'),
    })
    await supervisor.send('plain/p', { type: 'ADD', by: 2 })
    const found = new Map<string, unknown>()
    for await (const { address, error } of supervisor.actors())
      found.set(address, (error as { message?: string } | undefined)?.message)
    expect(found.get('tally/t')).toContain('the upcaster for the context fails')
    expect(found.get('plain/p')).toBeUndefined()
    await supervisor.stop()
    await harness.open({ machines: kinds(right) })
    expect(harness.context('tally/t')).toEqual({ amount: 1, last: undefined })
    expect(harness.context('plain/p')).toEqual({ by: 3, last: undefined })
    await harness.supervisor.stop()
  })

  it.each<[string, (wrong: never) => Upcasters]>([
    ['an event', (ADD) => ({ ...right, events: { ADD } })],
    ['a context', (context) => ({ ...right, context })],
  ])('of %s is a problem of its actor alone when the log is verified', async (_, upcasters) => {
    const harness = await earlier('stopped')
    const store = await openMemoryStore(harness.memory)
    const found = await verifyLog(store, new Registry(kinds(upcasters(wrong as never))))
    expect(found.problems).toMatchObject([{ actor: 'tally/t', code: 'UPGRADE_FAILED' }])
    expect(found).toMatchObject({ records: store.head.seq, actors: 3 })
    await store.close()
  })
})

it('a reader of a store that an upcaster ends is closed', async () => {
  const ended: string[] = []
  const record = { actor: 'tally/t', event: { type: 'ADD' } } as TransitionRecord
  const endless = (name: string): AsyncIterable<TransitionRecord> => ({
    [Symbol.asyncIterator]: () => ({
      next: async () => ({ done: false, value: record }),
      return: async () => {
        ended.push(name)
        return { done: true, value: undefined }
      },
    }),
  })
  const stored = {
    read: () => endless('read'),
    history: () => endless('history'),
  } as unknown as Store<TransitionRecord>
  const store = upcasting(stored, new Registry(kinds({ events: { ADD: () => JSON.parse('{') } })))
  for (const records of [store.read(), store.history('tally/t')])
    await expect(records[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'UPGRADE_FAILED' })
  expect(ended).toEqual(['read', 'history'])
})

it('each registry has its own names for a store, and none is wrapped twice', async () => {
  const harness = await earlier('stopped')
  const store = await openMemoryStore(harness.memory)
  const [one, other] = [new Registry(kinds(right)), new Registry(kinds({ context: (context) => context }))]
  const read = upcasting(store, one)
  expect(upcasting(read, one)).toBe(read)
  const names = async (of: Store<TransitionRecord>) => {
    for await (const { event } of of.history('tally/t', { fromRev: 2 })) return Object.keys(event)
    return []
  }
  expect(await names(read)).toContain('amount')
  expect(await names(upcasting(read, other))).toContain('by')
  await store.close()
})

describe('what a dead letter has', () => {
  const registry = new Registry(kinds(right))
  const letter = (event: AnyEvent) =>
    ({
      actor: 'system/dead-letters',
      event: { type: 'DEAD_LETTER', at: 1, to: 'tally/t', event, reason: 'ended' },
    }) as unknown as TransitionRecord

  it.each([
    [
      { type: 'ADD', by: 1 },
      { type: 'ADD', amount: 1 },
    ],
    [
      { type: 'outcry.emitted', at: 1, event: { type: 'ADD', by: 1 } },
      { type: 'outcry.emitted', at: 1, event: { type: 'ADD', amount: 1 } },
    ],
  ])('has the names of today: %j', (was, is) => {
    expect(upcastRecord(registry, letter(was)).event.event).toEqual(is)
    const now = letter(is)
    expect(upcastRecord(registry, now)).toBe(now)
  })
})
