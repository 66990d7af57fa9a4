/** Tests the causes and the effects of a record against a search through the whole log. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { assign, createMachine, fromPromise, sendTo, setup } from 'xstate'
import { machines } from '../../../machines/index.ts'
import { Registry } from '../../../src/runtime/actors/registry.ts'
import { PART_SIZE_MAX } from '../../../src/runtime/explain/bounds.ts'
import { CAUSES_MAX, causesOf, isSameTimer } from '../../../src/runtime/explain/causes.ts'
import { effectsOf, REPEATS_MAX } from '../../../src/runtime/explain/effects.ts'
import { Past } from '../../../src/runtime/explain/past.ts'
import { ANSWER_NOTES_MAX, type Explained, lastDecision, why } from '../../../src/runtime/explain/why.ts'
import type { PortContext } from '../../../src/runtime/port.ts'
import { openLevelStore } from '../../../src/runtime/record/log.ts'
import { NOTES_MAX, READS_MAX } from '../../../src/runtime/record/reading.ts'
import type { TransitionRecord } from '../../../src/runtime/record/record.ts'
import { upcasting } from '../../../src/runtime/state/upcasting-store.ts'
import type { Store } from '../../../store/index.ts'
import { unpack } from '../../runner/golden/run.ts'
import { SEED, seeded } from '../../seeded.ts'
import { eventually, Harness } from '../harness.ts'

/** Returns the seqs of all that a record caused, found in the whole log. */
function caused(root: TransitionRecord, records: readonly TransitionRecord[]): number[] {
  const known = new Map([[root.seq, root]])
  for (const record of records) {
    const cause = record.cause === null ? undefined : known.get(record.cause)
    if (cause !== undefined) known.set(record.seq, record)
  }
  known.delete(root.seq)
  return [...known.keys()]
}

it(`finds in the actors' own histories what a search through the whole log finds (seed ${SEED})`, async () => {
  const data = mkdtempSync(join(tmpdir(), 'outcry-why-'))
  unpack(join(new URL('../../runner/golden/', import.meta.url).pathname, 'run-6.br'), data)
  const store = await openLevelStore(join(data, 'log'))
  const registry = new Registry(machines)
  const log = upcasting(store, registry)
  const records: TransitionRecord[] = []
  for await (const record of log.read()) records.push(record)
  const random = seeded(SEED)
  const later = records.filter(({ intents, scheduled }) => intents !== undefined || scheduled !== undefined)
  let whole = 0
  const asked = 150
  for (let n = 0; n < asked; n++) {
    const from = n % 2 === 0 ? records : later
    const record = from[Math.floor(random() * from.length)] as TransitionRecord
    const { effects, leftOut, partly } = await effectsOf(log, registry, record)
    const found = effects.map((effect) => effect.record.seq)
    const all = caused(record, records)
    expect(found.filter((seq) => !all.includes(seq))).toEqual([])
    for (const [i, effect] of effects.entries()) {
      const above = effects.slice(0, i).findLast(({ depth }) => depth === effect.depth - 1)
      expect(effect.record.cause).toBe(effect.depth === 1 ? record.seq : above?.record.seq)
    }
    if (leftOut === 0 && partly.length === 0) {
      whole++
      expect({ of: record.seq, effects: [...found].sort((a, b) => a - b) }).toEqual({
        of: record.seq,
        effects: all,
      })
    }

    const { chain, isWhole } = await causesOf(log, record)
    const links = [...chain.map((cause) => cause.record), record]
    for (const [i, { repeats }] of chain.entries()) {
      const [here, next] = [links[i], links[i + 1]] as [TransitionRecord, TransitionRecord]
      if (repeats === 0) expect(next.cause).toBe(here.seq)
      else expect(isSameTimer(here, next)).toBe(true)
    }
    if (isWhole) expect(links[0]?.cause).toBeNull()
    else expect(chain).toHaveLength(CAUSES_MAX)
  }
  expect(whole).toBeGreaterThan(asked / 2)
  await store.close()
  rmSync(data, { recursive: true })
})

const bell = setup({ delays: { pause: 10_000 }, actors: { work: fromPromise(async () => 1) } }).createMachine(
  {
    id: 'bell',
    initial: 'idle',
    states: {
      idle: {
        on: {
          RING: {
            target: 'ringing',
            actions: sendTo(({ system }) => system.get('port/desk'), { type: 'TELL' }),
          },
        },
      },
      ringing: { after: { pause: 'working' }, on: { ANSWER: {}, REPORT: {} } },
      working: { invoke: { src: 'work', id: 'w', onDone: 'beating' } },
      beating: { after: { 1000: { target: 'beating', reenter: true } } },
    },
  },
)

/** The seq of the first ring, after the records of the dead letters and of the bell. */
const RING = 3

async function rung(): Promise<Harness> {
  const harness = new Harness()
  let desk: PortContext | undefined
  const port = {
    start: (context: PortContext) => {
      desk = context
    },
    deliver: async ({
      id,
      seq,
      correlation,
      actor,
    }: {
      id: string
      seq: number
      correlation: string
      actor: string
    }) => {
      await desk?.send(actor, { type: 'ANSWER' }, { completes: id, cause: seq, correlation })
      await desk?.send(actor, { type: 'REPORT' }, { cause: seq, correlation })
    },
    recover: async () => {},
  }
  const supervisor = await harness.open({ machines: { bell }, ports: { desk: port } })
  await supervisor.spawn('bell', 'a')
  await supervisor.send('bell/a', { type: 'RING' }, { key: 'k-1' })
  await eventually(async () => expect(await harness.eventsOf('bell/a')).toContain('REPORT'))
  harness.clock.advanceTo(harness.clock.now() + 11_000)
  await eventually(async () => expect(await harness.eventsOf('bell/a')).toContain('xstate.done.actor.w'))
  for (let n = 0; n < 8; n++) {
    harness.clock.advanceTo(harness.clock.now() + 1_000)
    await supervisor.idle()
  }
  return harness
}

it('finds the answers of a port, what a timer and a promise lead to, and a few rounds of a timer that sets itself', async () => {
  const { supervisor } = await rung()
  const { effects, causes, partly, leftOut } = await supervisor.why(RING)
  expect(causes).toEqual([])
  const told = effects.map(({ record, depth, timer }) => [
    depth,
    record.actor,
    record.event.type,
    timer?.dueAt,
  ])
  expect(told.slice(0, 7)).toEqual([
    [1, 'bell/a', 'ANSWER', undefined],
    [1, 'bell/a', 'REPORT', undefined],
    [1, 'bell/a', 'xstate.after.pause.bell.ringing', 11_000],
    [2, 'bell/a/w', 'xstate.init', undefined],
    [3, 'bell/a/w', 'xstate.promise.resolve', undefined],
    [4, 'bell/a', 'xstate.done.actor.w', undefined],
    [5, 'bell/a', 'xstate.after.1000.bell.beating', 13_000],
  ])
  expect(told.slice(7).map(([, , type]) => type)).toEqual(
    Array(REPEATS_MAX).fill('xstate.after.1000.bell.beating'),
  )
  expect({ partly, leftOut }).toEqual({ partly: [], leftOut: 1 })

  const last = await supervisor.why(supervisor.seq)
  expect(last.isWhole).toBe(true)
  expect(last.causes.map(({ record, repeats }) => [record.event.type, repeats])).toEqual([
    ['RING', 0],
    ['xstate.after.pause.bell.ringing', 0],
    ['xstate.init', 0],
    ['xstate.promise.resolve', 0],
    ['xstate.done.actor.w', 0],
    ['xstate.after.1000.bell.beating', 6],
  ])
  expect([last.causes[0]?.record.key, last.timer?.dueAt]).toEqual(['k-1', 20_000])
  await supervisor.stop()
})

it('leaves out what is too deep, and counts it', async () => {
  const { supervisor } = await rung()
  const { effects, leftOut } = await supervisor.why(RING, { depth: 2 })
  expect(effects.map(({ depth }) => depth)).toEqual([1, 1, 1, 2])
  expect(leftOut).toBe(1)
  await supervisor.stop()
})

it('is bounded, however large the events are', async () => {
  interface Go {
    readonly type: 'GO'
    readonly n: number
    readonly text: string
  }
  const large = setup({
    types: {} as { events: Go },
    guards: { isOver: ({ event }) => event.text === '' || event.n === 0 },
  }).createMachine({
    id: 'large',
    initial: 'on',
    states: {
      on: {
        on: {
          GO: [
            { guard: 'isOver' },
            {
              actions: sendTo(
                ({ self }) => self,
                ({ event }) => ({ ...event, n: event.n - 1 }),
              ),
            },
          ],
        },
      },
    },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { large } })
  await supervisor.spawn('large', 'a')
  await supervisor.send('large/a', { type: 'GO', n: 10, text: 'x'.repeat(400_000) })
  const last = await supervisor.why(supervisor.seq)
  expect(last.isWhole).toBe(false)
  expect(last.guards?.asked[0]?.guards[0]?.reads).toContainEqual({
    from: 'event',
    path: ['text'],
    isLarge: true,
  })
  const first = await supervisor.why(RING)
  expect(first.leftOut).toBeGreaterThan(0)
  for (const found of [first, last]) expect(JSON.stringify(found).length).toBeLessThan(3 * PART_SIZE_MAX)
  await supervisor.stop()
})

it('refuses a record that is not there, and counts what it reads', async () => {
  const harness = await rung()
  const { supervisor } = harness
  await expect(supervisor.why(999)).rejects.toMatchObject({ code: 'RECORD_UNKNOWN' })
  const { read } = await supervisor.why(RING)
  expect(read).toBeGreaterThan(8)
  expect((await why(harness.store, supervisor.registry, RING)).read).toBe(read)
  await supervisor.stop()
})

it('replays the records that it has in hand, and reads only those between them', async () => {
  const harness = await rung()
  const { store, supervisor } = harness
  const read: number[] = []
  const history: Store<TransitionRecord>['history'] = async function* (actor, options) {
    for await (const record of store.history(actor, options)) {
      read.push(record.rev)
      yield record
    }
  }
  const log = Object.assign(Object.create(store), { history, snapshots: store.snapshots.bind(store) })
  const past = new Past(log, supervisor.registry)
  const own = (await harness.records()).filter(({ actor }) => actor === 'bell/a')
  for (const record of own.slice(0, 4)) await past.before(record)
  expect(read).toEqual([])
  const before = await past.before(own[6] as TransitionRecord)
  expect(read).toEqual([5, 6])
  expect(before?.cell.state.rev).toBe(6)
  await supervisor.stop()
})

it('finds the last record of an actor that changed or said something', async () => {
  const quiet = createMachine({
    id: 'q',
    initial: 'off',
    states: { off: { on: { GO: 'on' } }, on: { on: { ASK: {} } } },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { q: quiet } })
  await supervisor.spawn('q', 'a')
  await supervisor.send('q/a', { type: 'GO' })
  for (let n = 0; n < 3; n++) await supervisor.send('q/a', { type: 'ASK' })
  const reversed = () => harness.store.history('q/a', { reverse: true })
  expect((await lastDecision('q/a', reversed())).event.type).toBe('GO')
  await expect(lastDecision('q/b', harness.store.history('q/b', { reverse: true }))).rejects.toMatchObject({
    code: 'ACTOR_UNKNOWN',
  })
  await supervisor.stop()
})

it('notes no more than so much, however much guards read', async () => {
  const list = Array.from({ length: 20_000 }, (_, n) => n)
  const isRising = ({ context }: { context: { list: readonly number[] } }) =>
    context.list.every((n, i) => n === i)
  const long = setup({ types: {} as { context: { list: number[]; n: number } } }).createMachine({
    id: 'long',
    context: { list, n: 0 },
    initial: 'on',
    states: {
      on: {
        on: {
          GO: [
            { guard: ({ context }) => context.n === 30 },
            {
              guard: isRising,
              actions: [
                assign({ n: ({ context }) => context.n + 1 }),
                sendTo(({ self }) => self, { type: 'GO' }),
              ],
            },
          ],
        },
      },
    },
  })
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { long } })
  await supervisor.spawn('long', 'a')
  const { seq } = await supervisor.send('long/a', { type: 'GO' })
  const readsOf = ({ guards }: Explained) => guards?.asked[1]?.guards[0]?.reads.length
  const { effects, ...first } = await supervisor.why(seq)
  expect(effects).toHaveLength(30)
  expect(readsOf(first)).toBe(READS_MAX)
  const noted = effects.slice(0, -1).map(readsOf)
  const whole = Math.floor(ANSWER_NOTES_MAX / NOTES_MAX)
  expect(noted.slice(0, whole - 1)).toEqual(Array(whole - 1).fill(READS_MAX))
  expect(noted.slice(whole)).toEqual(Array(29 - whole).fill(0))

  const { causes, ...last } = await supervisor.why(supervisor.seq)
  expect(causes).toHaveLength(30)
  expect(causes.slice(whole).map(readsOf)).toEqual(Array(30 - whole).fill(0))
  expect(last.guards?.asked[0]?.guards[0]?.reads).toEqual([{ from: 'context', path: ['n'], value: 30 }])
  await supervisor.stop()
})
