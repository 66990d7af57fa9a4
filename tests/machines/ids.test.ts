import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { adoptedId, idProblem, nameIn, partId, venueId } from '../../machines/model/ids.ts'
import { SEED } from '../seeded.ts'

const SAFE = /^[A-Za-z0-9_-]{1,26}$/
const RUNS = { numRuns: 1_000, seed: SEED }

/** What names are made of, and what they should not be. */
const anyName = fc.oneof(
  fc.stringMatching(/^[A-Za-z0-9_-]{1,40}$/),
  fc.stringMatching(/^[\w.:@+~#=()-]{0,60}$/),
  fc.string({ unit: 'binary', maxLength: 60 }),
)
/** An adapter may call its venue as any name is called. */
const venue = fc.oneof(
  fc.constantFrom('sim', 'binance', 'binance-usdm', 'a:', 'a:b', '币安', 'x(1)', '=+~#@', '_'),
  fc.stringMatching(/^[\w.:@+~#=()-]{1,20}$/),
)

describe('the id of an order or a list', () => {
  it.each([
    ['ema-BTCUSDT-1-entry', 'sim:ema-BTCUSDT-1-entry'],
    ['abcdefghijklmnopqrstuvwxyz', 'sim:abcdefghijklmnopqrstuvwxyz'],
    ['abcdefghijklmnopqrstuvwxyz-', 'sim:abcdefghijklmno_a7t4kdlp4j'],
    ['BTCUSDT:LONG-watchdog-1', 'sim:BTCUSDTLONG-wat_mase75ji3m'],
    ['', 'sim:_4oymiquy7q'],
  ])('of the name "%s" is %s', (name, id) => {
    expect(venueId('sim', name)).toBe(id)
  })

  it(`is the venue's name and a name that every venue takes, whatever it was made of, seed ${SEED}`, () => {
    fc.assert(
      fc.property(venue, anyName, (at, name) => {
        const id = venueId(at, name)
        expect(id.startsWith(`${at}:`)).toBe(true)
        const made = nameIn(at, id)
        expect(made).toMatch(SAFE)
        // A safe name stays as it is, so that what was made is made into itself.
        expect(made === name).toBe(SAFE.test(name))
        expect(venueId(at, made)).toBe(id)
      }),
      RUNS,
    )
  })

  it(`of a name that is not safe has its first safe characters and its SHA-256 in base 32, seed ${SEED}`, () => {
    fc.assert(
      fc.property(
        anyName.filter((name) => !SAFE.test(name)),
        (name) => {
          const made = nameIn('sim', venueId('sim', name))
          const safe = name.replaceAll(/[^A-Za-z0-9_-]/g, '').slice(0, 15)
          const digest = createHash('sha256').update(name).digest()
          const bits = [...digest].map((byte) => byte.toString(2).padStart(8, '0')).join('')
          const letters = Array.from({ length: 10 }, (_, i) => {
            const five = Number.parseInt(bits.slice(5 * i, 5 * i + 5), 2)
            return 'abcdefghijklmnopqrstuvwxyz234567'[five]
          })
          expect(made).toBe(`${safe}_${letters.join('')}`)
        },
      ),
      RUNS,
    )
  })

  it(`differs where the names differ, seed ${SEED}`, () => {
    fc.assert(
      fc.property(fc.uniqueArray(anyName, { maxLength: 200 }), (names) => {
        // What Unicode does not allow is one character to a hash.
        const whole = names.filter((name) => !/\p{Surrogate}/u.test(name))
        expect(new Set(whole.map((name) => venueId('sim', name))).size).toBe(whole.length)
      }),
      { ...RUNS, numRuns: 100 },
    )
  })

  it(`is the only thing that a person may write, and what is said to be written otherwise is one, seed ${SEED}`, () => {
    const given = fc.oneof(
      anyName,
      fc.tuple(venue, anyName).map(([at, name]) => `${at}:${name}`),
    )
    fc.assert(
      fc.property(venue, given, (at, id) => {
        const problem = idProblem(at, id)
        expect(problem === undefined).toBe(id.startsWith(`${at}:`) && SAFE.test(id.slice(at.length + 1)))
        if (problem === undefined) return
        const right = venueId(at, nameIn(at, id))
        expect(problem.startsWith(`write ${right}: `)).toBe(true)
        expect(idProblem(at, right)).toBeUndefined()
      }),
      RUNS,
    )
  })

  it(`of somebody else's order is an id as any, and none that a name of ours gives, seed ${SEED}`, () => {
    const whole = anyName.filter((name) => !/\p{Surrogate}/u.test(name))
    fc.assert(
      fc.property(venue, fc.uniqueArray(whole, { maxLength: 50 }), (at, names) => {
        const adopted = new Set(names.map((name) => adoptedId(at, name)))
        expect(adopted.size).toBe(names.length)
        for (const id of adopted) expect(idProblem(at, id)).toBeUndefined()
        for (const name of names) expect(adopted).not.toContain(venueId(at, name))
      }),
      { ...RUNS, numRuns: 200 },
    )
  })

  it('of a part follows that of the whole, also where that is long or of an earlier version', () => {
    expect(partId('sim', 'sim:ema-1', 'stop-2')).toBe('sim:ema-1-stop-2')
    expect(partId('sim', 'sim:a-name-of-22-characters', 'entry')).toMatch(
      /^sim:a-name-of-22-ch_[a-z2-7]{10}$/,
    )
    expect(partId('sim', 'emaCross:ema-1', 'stop')).toMatch(/^sim:emaCrossema-1-s_[a-z2-7]{10}$/)
  })
})
