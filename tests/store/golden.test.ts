/** Opens stores of earlier versions with today's code: see golden/make.ts. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createSupervisor, EventClock, openLevelStore, type TransitionRecord } from '../../src/index.ts'
import { Offsets } from '../../src/runtime/state/offsets.ts'
import { golden } from './golden/machines.ts'

const GOLDEN = new URL('./golden/', import.meta.url).pathname
const formats = readdirSync(GOLDEN).filter((name) => name.startsWith('format-'))

describe.each(formats)('a store of %s', (format) => {
  const expected = readFileSync(join(GOLDEN, format, 'records.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    // A record calls its timers so by now; the log does not.
    .map((line) => line.replaceAll('"cancelled":[', '"canceled":['))

  const withCopy = async (work: (location: string) => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), 'outcry-golden-'))
    const location = join(folder, 'log')
    cpSync(join(GOLDEN, format, 'log'), location, { recursive: true })
    try {
      await work(location)
    } finally {
      rmSync(folder, { recursive: true })
    }
  }

  it('is read to the byte, in order and actor by actor', () =>
    withCopy(async (location) => {
      const store = await openLevelStore(location)
      const lines: string[] = []
      for await (const record of store.read()) lines.push(JSON.stringify(record))
      expect(lines).toEqual(expected)
      const records = lines.map((line) => JSON.parse(line) as TransitionRecord)
      for await (const actor of store.actors()) {
        const history: TransitionRecord[] = []
        for await (const record of store.history(actor)) history.push(record)
        expect(history).toEqual(records.filter((r) => r.actor === actor))
      }
      expect((await store.verifyChain()).damage).toEqual([])
      // As a start without a checkpoint reads it, which asserts its turns and positions.
      const offsets = new Offsets()
      for (const record of records) offsets.apply(record)
      expect(offsets.turn).toBe(records.at(-1)?.turn)
      await store.close()
    }))

  it('goes on: actors, children and timers are where they were, and new records follow', () =>
    withCopy(async (location) => {
      const clock = new EventClock(1_700_000_028_000)
      const supervisor = await createSupervisor({
        store: await openLevelStore(location),
        machines: golden,
        clock,
      })
      expect(await supervisor.verify()).toMatchObject({ records: expected.length, problems: [] })
      expect(supervisor.getSnapshot('door/c')?.status).toBe('done')
      await supervisor.send('door/b', { type: 'OPEN', at: clock.now(), key: 'brass' })
      clock.advanceTo(1_700_000_090_000)
      supervisor.pump()
      await supervisor.idle()
      const beats = await supervisor.view('door/b/ticker')
      expect((beats!.context as { beats: number }).beats).toBeGreaterThan(50)
      expect(supervisor.seq).toBeGreaterThan(expected.length)
      expect(await supervisor.verify()).toMatchObject({ problems: [] })
      await supervisor.stop()
      const store = await openLevelStore(location)
      expect((await store.verifyChain()).damage).toEqual([])
      await store.close()
    }))
})
