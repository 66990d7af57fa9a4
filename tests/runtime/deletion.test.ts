/**
 * Deletes the beginning of random logs, and compares them with copies that keep everything: from the cut on all is
 * equal, and all before is refused. A copy of the folder between two writes is what a kill there leaves.
 */
import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { TransitionRecord } from '../../src/runtime/record/record.ts'
import type { Supervisor } from '../../src/runtime/supervisor.ts'
import type { LogCut, Store } from '../../store/index.ts'
import { all } from '../../store/tck/subject.ts'
import { ACTORS, DELETES_ALL, live, makeLog, type Opened, open, random } from './deletable.ts'
import { eventually } from './harness.ts'

const root = mkdtempSync(join(tmpdir(), 'outcry-deletion-'))
afterAll(() => rmSync(root, { recursive: true }))
const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 1e9))
console.log(`deletion: SEED=${seed}`)

/** Compares a log that was cut with a copy of it that keeps everything. */
async function compare(cut: Opened, twin: Opened, pick: (max: number) => number, lived: number) {
  const { firstSeq } = cut.store.cut as LogCut
  const upTo = lived + 20
  const kept = await all(twin.store.read({ fromSeq: firstSeq, toSeq: upTo }))
  expect(await all(cut.store.read({ toSeq: upTo }))).toEqual(kept)
  await expect(all(cut.supervisor.read({ fromSeq: firstSeq - 1 }))).rejects.toMatchObject({ code: 'LOG_CUT' })
  for await (const address of twin.store.actors()) {
    const revs = kept.filter(({ actor }) => actor === address)
    const found = await all(cut.supervisor.history(address, { toSeq: upTo }))
    expect(found).toEqual(revs)
    const places = [firstSeq, firstSeq + pick(50), firstSeq + pick(lived), upTo]
    for (const seq of places) {
      const place = { seq: Math.min(seq, upTo) }
      const is = await cut.supervisor.stateAt(address, place)
      expect({ address, place, is }).toEqual({
        address,
        place,
        is: await twin.supervisor.stateAt(address, place),
      })
    }
    const steps = async (of: Supervisor) => all(of.life(address, { fromRev: revs[0]?.rev ?? 1, limit: 5 }))
    if (revs.length > 0) expect(await steps(cut.supervisor)).toEqual(await steps(twin.supervisor))
    await expect(cut.supervisor.stateAt(address, { seq: firstSeq - 1 })).rejects.toMatchObject({
      code: 'LOG_CUT',
    })
  }
  const checked = await cut.supervisor.verify()
  expect(checked.problems).toEqual([])
}

/** Lets both logs go on with the same messages. */
async function goOn(cut: Opened, twin: Opened, pick: (max: number) => number, at: number) {
  const from = pick(1e9)
  for (const opened of [cut, twin]) await live(opened, random(from), 20, at)
  for (let i = 0; i < ACTORS; i++)
    expect(await cut.supervisor.view(`counter/${i}`).then(presentOf)).toEqual(
      await twin.supervisor.view(`counter/${i}`).then(presentOf),
    )
}

const presentOf = (view: unknown) => {
  const { seq: _, ...rest } = view as Record<string, unknown>
  return rest
}

it('leaves everything from the cut on as it was, wherever a kill comes', async () => {
  const pick = random(seed)
  const folder = join(root, 'log')
  const { ends, at, lived } = await makeLog(folder, pick)
  cpSync(folder, `${folder}-twin`, { recursive: true })
  const twin = await open(`${folder}-twin`)
  const kills: string[] = []
  const keep = () => {
    if (kills.length > 3 || pick(2) === 0) return
    const copy = join(root, `kill-${kills.length}`)
    cpSync(folder, copy, { recursive: true, filter: (path) => !path.endsWith('LOCK') })
    kills.push(copy)
  }
  // Takes a copy around each write of a cut.
  const wrap = (store: Store<TransitionRecord>) =>
    new Proxy(store, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        return (...args: unknown[]) => {
          const isStep =
            name === 'putBases' ||
            name === 'sweep' ||
            (name === 'append' && (args[0] as { cut?: object }).cut)
          if (!isStep) return value.apply(target, args)
          keep()
          return (value.apply(target, args) as Promise<void>).then((done) => {
            if (name === 'append') keep()
            return done
          })
        }
      },
    })
  const cut = await open(folder, { deleteAfterMs: 1, liveRecords: 1e9 }, wrap)
  await cut.supervisor.send('filler/0', { type: 'TICK', at: at + 1_000_000 })
  await eventually(() => expect(cut.store.cut?.firstSeq).toBe((ends.at(-1) as number) + 1))
  await eventually(() =>
    expect(readdirSync(join(folder, 'archive')).filter((name) => name.endsWith('.gz'))).toEqual([]),
  )
  await compare(cut, twin, pick, lived)
  await cut.supervisor.stop()

  for (const copy of kills) {
    const again = await open(copy)
    if (again.store.cut === undefined)
      expect(await all(again.store.read({ toSeq: lived }))).toEqual(
        await all(twin.store.read({ toSeq: lived })),
      )
    else await compare(again, twin, pick, lived)
    await again.supervisor.stop()
  }
  const last = await open(folder)
  await goOn(last, twin, pick, at + 2_000_000)
  expect((await last.supervisor.verify()).problems).toEqual([])
  await last.supervisor.stop()
  await twin.supervisor.stop()
})

it('keeps what a durable subscription, a new sink or an intent needs, and says who needs it', async () => {
  const folder = join(root, 'held')
  let asked = 0
  const { ends, at } = await makeLog(folder, random(seed + 1), async (supervisor) => {
    asked = (await supervisor.send('asker/0', { type: 'ASK', at: 0 })).seq
  })
  const [end = 0] = ends
  const said: string[] = []
  const logger = { ...silentLogger, warn: (_: object, text: string) => said.push(text) }
  const cut = await open(folder, { ...DELETES_ALL, waitsFor: ['sink:new'] }, undefined, logger)
  const { supervisor, store } = cut
  let ticks = 0
  /** Waits for the reason for which records stay, at the next chance. */
  const isTold = async (reason: string, firstSeq: number | undefined) => {
    await eventually(async () => {
      await supervisor.send('filler/0', { type: 'TICK', at: at + ++ticks })
      expect(said.at(-1)).toBe(`records from ${reason}`)
    })
    expect(store.cut?.firstSeq).toBe(firstSeq)
  }
  await isTold(
    'seq 1 on are kept, though they are old enough: "@sink:new", which has no place yet, needs them',
    undefined,
  )
  await store.putPositions([
    { name: '@sink:new', seq: 2 ** 40 },
    { name: 'slow', seq: end },
  ])
  const [intent] = supervisor.unsettled
  await isTold(
    `seq ${asked} on are kept, though they are old enough: the unsettled intent ${intent?.id} needs them`,
    undefined,
  )
  await supervisor.send('counter/0', { type: 'COUNT', at: at + 1 }, { completes: intent?.id as string })
  await isTold(`seq ${end + 1} on are kept, though they are old enough: "slow" needs them`, end + 1)
  await store.putPositions([], ['slow'])
  await eventually(async () => {
    await supervisor.send('filler/0', { type: 'TICK', at: at + 1_000_000 })
    expect(store.cut?.firstSeq).toBe((ends.at(-1) as number) + 1)
  })
  await supervisor.stop()
})

it('deletes nothing that has only become old by a jump of the clock, and nothing at all by default', async () => {
  const folder = join(root, 'young')
  const { ends, at } = await makeLog(folder, random(seed + 2))
  const never = await open(folder, { liveRecords: 1e9 })
  await never.supervisor.send('filler/0', { type: 'TICK', at: at + 1e9 })
  await never.supervisor.stop()
  const files = readdirSync(join(folder, 'archive')).filter((name) => name.endsWith('.gz'))
  expect([never.store.cut, files.length]).toEqual([undefined, ends.length])

  const said: string[] = []
  const logger = { ...silentLogger, info: (_: object, text: string) => said.push(text) }
  const hour = 3_600_000
  const after = (clock: number) => new Date(clock).toISOString()
  // The clock jumps while the runner is down, and while it runs. Of each jump an hour counts.
  for (const [to, from] of [
    [at + 1e12, at + 1e9],
    [at + 3e12, at + 1e12],
  ] as const) {
    const young = await open(folder, { deleteAfterMs: 4 * hour, liveRecords: 1e9 }, undefined, logger)
    await eventually(async () => {
      await young.supervisor.send('filler/0', { type: 'TICK', at: to })
      expect(said.at(-1)).toContain(`none is of the time from ${after(from)} to ${after(to)}`)
    })
    await young.supervisor.stop()
    expect(young.store.cut).toBeUndefined()
  }
  const old = await open(folder, { deleteAfterMs: 4 * hour, liveRecords: 1e9 }, undefined, logger)
  await old.supervisor.send('filler/0', { type: 'TICK', at: at + 3e12 + hour - 1 })
  await old.supervisor.idle()
  expect(old.store.cut).toBeUndefined()
  await eventually(async () => {
    await old.supervisor.send('filler/0', { type: 'TICK', at: at + 3e12 + hour })
    expect(old.store.cut?.firstSeq).toBe((ends.at(-1) as number) + 1)
  })
  await old.supervisor.stop()
})
