/** Tests law 13 without chance or a clock: a run that dies at any write leaves the same as one that does not die. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { differenceOfLogs, differenceOfPresents, OF_EACH_START } from '../../equal-logs.ts'
import { howMany, SEED, seeded } from '../../seeded.ts'
import { busyConfig, recordedConfig, twoVenuesConfig } from './config.ts'
import { type Left, MortalRun } from './mortal-run.ts'

/** Number of runs that end once, each at another moment. */
const SINGLE_KILLS = howMany('SINGLE_KILLS', 3)
/** Number of ends of one run of many writes. */
const KILLS_OF_ONE = howMany('KILLS_OF_ONE', 6)
/** Ways in which a run of few writes is killed at each of them, of two. */
const KILLS_OF_EACH = howMany('KILLS_OF_EACH', 1)
/** Writes from one kill of such a run to the next. */
const WRITE_STEP = howMany('WRITE_STEP', 2)
/** Market time of a run, in ms. */
const DURATION_MS = howMany('KILLED_RUN_MS', 25_000)

const ENDS = ['beforeWrite', 'answerLost', 'stopped'] as const

/** A life for each write takes time with the square of the writes, so it is for runs of few writes. */
const RUNS = [
  ['of a simulated market, its venue close by', busyConfig(20, DURATION_MS), 'few'],
  ['of a simulated market, its venue far away', busyConfig(600, DURATION_MS), 'few'],
  ['of recorded futures, its venue far away', recordedConfig('binance-usdm-btcusdt', 500), 'many'],
  ['of a recorded spot market', recordedConfig('binance-spot-btcusdt', 20), 'many'],
  ['of a simulated market at two venues', twoVenuesConfig(DURATION_MS), 'some'],
] as const

/** Ends of a run of some writes. Each life has to reach a write of its own. */
const KILLS_OF_SOME = 6

describe.each(RUNS)('a run %s', (_, config, amount) => {
  const runs: MortalRun[] = []
  let reference: Left
  let writes: number

  const begin = () => {
    const run = new MortalRun(config)
    runs.push(run)
    return run
  }
  const expectEqual = async (run: MortalRun, what: string) => {
    const { records, presents, venues, problems } = await run.left()
    expect(differenceOfLogs(reference.records, records), what).toBeUndefined()
    expect(differenceOfPresents(reference.presents, presents), what).toBeUndefined()
    expect(venues, what).toEqual(reference.venues)
    expect(problems, what).toEqual([])
    const back = records.find(({ at }, i) => at < (records[i - 1]?.at ?? at))
    expect(back, `${what}: time goes back`).toBeUndefined()
  }

  beforeAll(async () => {
    const run = begin()
    writes = await run.live()
    reference = await run.left()
  })
  afterAll(() => {
    for (const run of runs) run.remove()
  })

  it('trades, asks and is answered', () => {
    const emitted = new Set(reference.records.flatMap(({ emitted = [] }) => emitted.map(({ type }) => type)))
    for (const type of ['ORDER_FILLED', 'RECONCILIATION_COMPLETED', 'POSITION_OPENED'])
      expect(emitted).toContain(type)
    if (amount === 'few') expect(emitted).toContain('SYMBOL_FLAGGED')
    expect(reference.records.some(({ event }) => event.execType === 'ORDER_STATUS')).toBe(true)
    expect(reference.problems).toEqual([])
  })

  it('is the same one when it is run again', async () => {
    const run = begin()
    await run.live()
    await expectEqual(run, 'again')
  })

  if (amount === 'few') {
    const kills = [
      ['killed after', 'answerLost', 1],
      // Each life must come further than the one before.
      ['killed before', 'beforeWrite', 2],
    ] as const
    // With one kill for each, the two runs have another one.
    const first = config === RUNS[0][1] ? 0 : kills.length - KILLS_OF_EACH
    it.each([...kills.slice(first, first + KILLS_OF_EACH), ['stopped at', 'stopped', 1] as const])(
      'is the same one when it is %s each of its writes',
      async (_, end, write) => {
        const run = begin()
        for (let ends = -1; ends < run.ends; ) {
          ends = run.ends
          await run.live(({ ofRun }) => (ofRun >= write + WRITE_STEP - 1 ? end : undefined))
        }
        const ofRun = reference.records.filter(({ actor }) => !OF_EACH_START.test(actor))
        expect(run.ends).toBeGreaterThan(ofRun.length / 20 / WRITE_STEP)
        await expectEqual(run, `ended ${run.ends} times`)
      },
    )
  } else {
    const kills = amount === 'some' ? KILLS_OF_SOME : KILLS_OF_ONE
    it(`is the same one when it ends ${kills} times, seed ${SEED}`, async () => {
      const random = seeded(SEED)
      const run = begin()
      for (let n = 0; n < kills; n++) {
        const write = 2 + Math.floor(((0.3 + random() / 2) * writes) / kills)
        const end = ENDS[n % ENDS.length]
        // A runner that still starts does not hear that it is to stop, so it is told at each write from there on.
        await run.live(({ ofRun }) => (ofRun >= write ? end : undefined))
      }
      await run.live()
      expect(run.ends).toBe(kills)
      await expectEqual(run, `ended ${run.ends} times`)
    })
  }

  it(`is the same one when it ends once, at ${SINGLE_KILLS} writes in turn, seed ${SEED}`, async () => {
    const random = seeded(SEED)
    for (let n = 0; n < SINGLE_KILLS; n++) {
      const write = 1 + Math.floor(((n + random()) / SINGLE_KILLS) * writes)
      const end = ENDS[n % ENDS.length]
      const run = begin()
      await run.live(({ all }) => (all === write ? end : undefined))
      // A runner that is told to stop while it starts does not hear of it.
      expect(run.ends).toBeGreaterThanOrEqual(end === 'stopped' ? 0 : 1)
      await run.live()
      await expectEqual(run, `${end} at ${write} of ${writes}`)
    }
  })
})
