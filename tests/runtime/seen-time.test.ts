/** Compares the time that a log has seen with a sum over all its records. */
import { expect, it } from 'vitest'
import { QUIET_COUNTED_MS, SeenTime } from '../../src/runtime/commit/seen-time.ts'
import { newMemory, openMemoryStore } from '../../store/index.ts'
import { SEED, seeded } from '../seeded.ts'

it(`counts no more than an hour of each time without a record, seed ${SEED}`, async () => {
  const random = seeded(SEED)
  const store = await openMemoryStore(newMemory())
  const seen = new SeenTime(store)
  const times: number[] = []
  /** Returns how much of the time from `from` on the records have seen. */
  const age = (from: number) => {
    const later = [from, ...times.filter((time) => time > from)]
    return later
      .slice(1)
      .reduce((sum, time, i) => sum + Math.min(QUIET_COUNTED_MS, time - (later[i] as number)), 0)
  }
  for (let round = 0; round < 8; round++) {
    for (let n = 0; n < 25; n++) {
      const step = [1, 1_000, 1_800_000, QUIET_COUNTED_MS, QUIET_COUNTED_MS + 1, 1e10][
        Math.floor(random() * 6)
      ]
      const at = (times.at(-1) ?? 0) + Math.ceil(random() * 1.9 * (step as number))
      times.push(at)
      await store.append({ records: [{ seq: times.length, rev: times.length, actor: 'a/one', at }] })
    }
    const last = times.at(-1) as number
    for (const ms of [1, 1_000, QUIET_COUNTED_MS, random() * age(0), age(times[3] as number), age(0) + 1]) {
      const before = await seen.before(last, Math.ceil(ms), {})
      expect(times.filter((time) => time <= before)).toEqual(
        times.filter((time) => age(time) >= Math.ceil(ms)),
      )
    }
  }
  await store.close()
})
