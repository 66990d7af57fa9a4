/** Tests that a sink gets each event of the log once and in order, whatever fails, and that nobody waits for it. */
import { afterEach, describe, expect, it } from 'vitest'
import { emit, setup } from 'xstate'
import { envelopesOf } from '../../src/runtime/events/envelope.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import { Follower, type FollowerParts } from '../../src/sinks/follower.ts'
import { Recent } from '../../src/sinks/recent.ts'
import { eventually, Harness } from '../runtime/harness.ts'
import { SEED, seeded } from '../seeded.ts'
import { type Fault, Target } from './target.ts'

const chatty = setup({
  types: {} as {
    events: { type: 'BEEP' } | { type: 'QUIET' } | { type: 'SHOUT'; text: string }
    emitted: { type: 'BEEPED'; n: number; text?: string }
  },
}).createMachine({
  on: {
    BEEP: { actions: [0, 1, 2].map((n) => emit({ type: 'BEEPED' as const, n })) },
    SHOUT: {
      actions: [0, 1, 2].map((n) =>
        emit(({ event }) => ({ type: 'BEEPED' as const, n, text: (event as { text: string }).text })),
      ),
    },
    QUIET: {},
  },
})
const FAST = { lingerMs: 1, writeMs: 50, retryMsMin: 1, retryMsMax: 2, lateMs: 10 }

describe('a sink', () => {
  const ends: (() => Promise<unknown>)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })

  async function opened(harness = new Harness()): Promise<Harness> {
    await harness.open({ machines: { chatty } })
    ends.push(() => harness.supervisor.stop())
    return harness
  }

  function follow(
    supervisor: Supervisor,
    target: Target,
    parts: Partial<FollowerParts> & Parameters<Target['open']>[0] = {},
  ): Follower {
    const { keeps, buffered, ...others } = parts
    const follower = new Follower({
      name: 'test',
      log: supervisor,
      recent: new Recent(supervisor.transitions$, supervisor.seq),
      mark: supervisor.bookmark('sink:test'),
      logger: silentLogger,
      open: () =>
        target.open({ ...(keeps !== undefined && { keeps }), ...(buffered !== undefined && { buffered }) }),
      wants: () => true,
      since: 'start',
      times: FAST,
      ...others,
    })
    follower.run().catch(() => {})
    ends.push(() => follower.stop(1_000))
    return follower
  }

  async function idsOf(harness: Harness): Promise<string[]> {
    return (await harness.records()).flatMap((record) => envelopesOf(record).map(({ eventId }) => eventId))
  }

  it('has what came before it, and what comes', async () => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.spawn('chatty', 'a')
    await supervisor.send('chatty/a', { type: 'BEEP' })
    const target = new Target()
    const follower = follow(supervisor, target)
    await supervisor.send('chatty/a', { type: 'BEEP' })
    await eventually(() => expect(target.seq).toBe(supervisor.seq))
    expect(target.ids).toEqual(await idsOf(harness))
    expect(target.ids).toHaveLength(6)
    expect(follower.figures).toMatchObject({ events: 6, failures: 0, behindRecords: 0, behindSeconds: 0 })
  })

  it('begins with what is to come when it is told so, and goes on there', async () => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.spawn('chatty', 'a')
    await supervisor.send('chatty/a', { type: 'BEEP' })
    const target = new Target()
    const first = follow(supervisor, target, { since: 'now', keeps: false })
    await eventually(() => expect(first.figures.behindRecords).toBe(0))
    await first.stop(1_000)
    await supervisor.send('chatty/a', { type: 'BEEP' })
    follow(supervisor, target, { since: 'now', keeps: false })
    await eventually(() => expect(target.ids).toHaveLength(3))
    expect(target.ids).toEqual((await idsOf(harness)).slice(3))
  })

  it('writes the rest before it ends, and tells the place to the next one', async () => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.spawn('chatty', 'a')
    for (let i = 0; i < 50; i++) void supervisor.send('chatty/a', { type: 'BEEP' })
    await supervisor.idle()
    const target = new Target()
    const follower = follow(supervisor, target, { keeps: false })
    await follower.stop(10_000)
    expect(target.ids).toEqual(await idsOf(harness))
    expect(target.openWriters).toBe(0)
    expect(harness.store.position('@sink:test')?.seq).toBe(supervisor.seq)
  })

  it('refuses a target that has more than the log, until a person has seen to it', async () => {
    const { supervisor } = await opened()
    const target = new Target()
    target.seq = 99
    const follower = follow(supervisor, target)
    await expect(follower.run()).rejects.toMatchObject({ code: 'SINK_FOREIGN' })
    expect(follower.health).toMatch(/up to seq 99/)
    expect(target.openWriters).toBe(0)
  })

  it('begins, when it is told so, with what is to come while its target is down', async () => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.spawn('chatty', 'a')
    await supervisor.send('chatty/a', { type: 'BEEP' })
    const target = new Target()
    target.nextFault = () => 'before'
    const follower = follow(supervisor, target, { since: 'now', keeps: false })
    await eventually(() => expect(follower.figures.failures).toBeGreaterThan(0))
    await supervisor.send('chatty/a', { type: 'BEEP' })
    target.nextFault = () => undefined
    await eventually(() => expect(target.seq).toBe(supervisor.seq))
    expect(target.ids).toEqual((await idsOf(harness)).slice(3))
  })

  it('knows how old the first event is that waits, before its target can be opened', async () => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.spawn('chatty', 'a')
    const target = new Target()
    await follow(supervisor, target, { keeps: false }).stop(10_000)
    harness.clock.advanceTo(61_000)
    await supervisor.send('chatty/a', { type: 'BEEP' })
    target.nextFault = () => 'before'
    const next = follow(supervisor, target, { keeps: false })
    await eventually(() => expect(next.figures).toMatchObject({ behindRecords: 1, behindSeconds: 60 }))
  })

  it('lets a target go that opens when nobody waits for it any more', async () => {
    const { supervisor } = await opened()
    const target = new Target()
    const late: (() => void)[] = []
    const signals: AbortSignal[] = []
    const follower = follow(supervisor, target, {
      open: async (signal) => {
        signals.push(signal)
        await new Promise<void>((resolve) => late.push(resolve))
        return target.open()
      },
    })
    await eventually(() => expect(late).toHaveLength(2))
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false])
    for (const open of late) open()
    await eventually(() => expect(target.openWriters).toBe(1))
    await follower.stop(0)
    expect(target.openWriters).toBe(0)
  })

  it('hands over records with long events a few at a time', async () => {
    const { supervisor } = await opened()
    await supervisor.spawn('chatty', 'a')
    for (let i = 0; i < 2; i++)
      await supervisor.send('chatty/a', { type: 'SHOUT', text: 'x'.repeat(1_400_000) })
    const target = new Target()
    const follower = follow(supervisor, target)
    await eventually(() => expect(target.seq).toBe(supervisor.seq))
    expect(target.ids).toHaveLength(6)
    expect(follower.figures.batches).toBe(2)
  })

  it('is not waited for when it hangs, and says so', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const target = new Target()
    let fault: Fault | undefined = 'hang'
    const follower = follow(supervisor, target)
    await supervisor.spawn('chatty', 'a')
    await eventually(() => expect(target.seq).toBe(supervisor.seq))
    target.nextFault = () => fault
    for (let i = 0; i < 20; i++) await supervisor.send('chatty/a', { type: 'BEEP' })
    await eventually(() => expect(follower.health).toMatch(/records wait: /))
    expect(follower.figures.behindRecords).toBe(20)
    fault = undefined
    await eventually(() => expect(target.seq).toBe(supervisor.seq))
    expect(follower.health).toBeUndefined()
    expect(follower.figures.failures).toBeGreaterThan(0)
  })

  it.each([true, false])('does not take a full memory for a target that is there, $0', async (keeps) => {
    const harness = await opened()
    const { supervisor } = harness
    await supervisor.spawn('chatty', 'a')
    const target = new Target()
    const lines: string[] = []
    const told = (_: object, line: string) => void lines.push(line)
    const times = { ...FAST, retryMsMin: 8, retryMsMax: 1_000 }
    const logger = { ...silentLogger, warn: told, info: told }
    const follower = follow(supervisor, target, { keeps, buffered: true, times, logger })
    await eventually(() => expect(target.seq).toBe(supervisor.seq))
    // The writer gathers what comes, and no flush gets it to the target.
    target.flushFault = () => 'before'
    harness.clock.advanceTo(91_000)
    await supervisor.send('chatty/a', { type: 'BEEP' })
    const looks: unknown[] = []
    const began = performance.now()
    await eventually(() => {
      const { behindRecords, behindSeconds, failure, failures } = follower.figures
      if (failures > 0) looks.push([behindRecords, behindSeconds, failure])
      expect(failures).toBeGreaterThan(4)
    })
    expect(new Set(looks.map(String))).toEqual(new Set([String([1, 90, 'cut before'])]))
    // Each wait is twice as long as the one before it.
    expect(performance.now() - began).toBeGreaterThan(8 + 16 + 32)
    expect(lines).toEqual(['the sink test does not write: cut before'])
    target.flushFault = () => undefined
    await eventually(() => expect(follower.figures).toMatchObject({ behindRecords: 0, events: 3 }))
    expect(follower.health).toBeUndefined()
    expect(lines).toHaveLength(2)
  })

  it('is behind by what its target takes later than it promises', async () => {
    const harness = await opened()
    const { supervisor } = harness
    const target = new Target()
    const follower = follow(supervisor, target, { keeps: false, buffered: true })
    await supervisor.spawn('chatty', 'a')
    await eventually(() => expect(target.seq).toBe(supervisor.seq))
    // A receiver that asks for a rest does not fail.
    let asked = 0
    target.flushFault = () => {
      asked++
      return 'rest'
    }
    await supervisor.send('chatty/a', { type: 'BEEP' })
    await eventually(() => expect(asked).toBeGreaterThan(2))
    await eventually(() => expect(follower.figures).toMatchObject({ behindRecords: 1, failures: 0 }))
    target.flushFault = () => undefined
    await eventually(() => expect(follower.figures).toMatchObject({ behindRecords: 0, events: 3 }))
  })

  it.each([
    { keeps: true, buffered: false },
    { keeps: true, buffered: true },
    { keeps: false, buffered: false },
  ])(
    `gets each event in order through faults at random, $keeps $buffered, seed ${SEED}`,
    async ({ keeps, buffered }) => {
      const random = seeded(SEED)
      const harness = await opened()
      const target = new Target()
      target.nextFault = () =>
        random() < 0.3 ? (['before', 'after', 'hang'] as const)[Math.floor(random() * 3)] : undefined
      await harness.supervisor.spawn('chatty', 'a')
      for (let life = 0; life < 6; life++) {
        const { supervisor } = harness
        const follower = follow(supervisor, target, { keeps, buffered, times: { ...FAST, writeMs: 5 } })
        for (let i = 0; i < 200; i++) {
          const type = random() < 0.7 ? 'BEEP' : 'QUIET'
          if (random() < 0.2) await supervisor.send('chatty/a', { type })
          else void supervisor.send('chatty/a', { type })
        }
        await supervisor.idle()
        // Every other life ends without a moment to write the rest.
        await follower.stop(life % 2 === 0 ? 0 : 10_000)
      }
      target.nextFault = () => undefined
      follow(harness.supervisor, target, { keeps, buffered })
      await eventually(() => expect(target.seq).toBe(harness.supervisor.seq))
      const all = await idsOf(harness)
      if (keeps) expect(target.ids).toEqual(all)
      // Each comes, in order, and some come again.
      else expect([...new Set(target.ids)]).toEqual(all)
    },
  )
})
