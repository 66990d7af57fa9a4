/** Real messages with one field made wrong: each is refused, counted, and changes nothing. */
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BinanceDecoder } from '../../src/adapters/binance/market-decoder.ts'
import type { BinanceMarketName } from '../../src/adapters/binance/markets.ts'
import { Refusal, type RefusalReason, Refusals } from '../../src/adapters/refusals.ts'
import { type Capture, capture } from '../data/data.ts'
import { howMany, SEED } from '../seeded.ts'

const RUNS = howMany('DAMAGED_RUNS', 100)
/** Messages of a stream that a damaged one is put into. */
const STREAM = 200
const YEAR_MS = 365 * 86_400_000
/** Not present at all. */
const MISSING = Symbol('missing')

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json }
type Wrong = { readonly value: Json | typeof MISSING; readonly reason: RefusalReason }
type Path = readonly (string | number)[]

const wrong = (reason: RefusalReason, ...values: (Json | typeof MISSING)[]) =>
  fc.constantFrom(...values.map((value): Wrong => ({ value, reason })))
const NO_TEXT = [null, true, 1.5, [], {}, MISSING]
const NO_DECIMAL = [
  '',
  'abc',
  'NaN',
  'Infinity',
  '-1',
  '+1',
  '1,5',
  '.5',
  '5.',
  '0x10',
  '1e',
  '1e999',
  ' 1',
  '1_0',
]
const notPositive = (reason: RefusalReason) =>
  fc.oneof(wrong('SCHEMA', ...NO_TEXT), wrong(reason, ...NO_DECIMAL, '0', '0.00', '0e5'))
const noWholeNumber = wrong('SCHEMA', null, true, '7', -1, 1.5, 2 ** 60, [], {}, MISSING)
const wrongTime = (at: number) =>
  fc.oneof(noWholeNumber, wrong('TIME', 0, 1, at - YEAR_MS, at - 3_600_000, at + 3_600_000, at + YEAR_MS))
const wrongSymbol = fc.oneof(
  wrong('SCHEMA', null, 7, '', 'A B', 'x'.repeat(200), MISSING),
  wrong('SYMBOL', 'OTHERUSDT'),
)
const wrongKind = wrong('SCHEMA', null, 7, 'kline', MISSING)
const noLevels = fc.oneof(
  wrong('SCHEMA', null, true, '1', {}, MISSING, [1], [['1']], [{}]),
  wrong('PRICE', [['0', '1']], [['-1', '1']], [['abc', '1']], [[1, '1']]),
  wrong('QUANTITY', [['1', '-1']], [['1', 'NaN']], [['1', 1]], [['1', null]]),
)

/** Of each kind of message each field that is read, and what is wrong for it. */
function fieldsOf(stream: string, { T, E }: { T?: number; E?: number }, isFutures: boolean) {
  const common = { s: wrongSymbol }
  const traded = {
    ...common,
    e: wrongKind,
    E: noWholeNumber,
    T: wrongTime(T as number),
    p: notPositive('PRICE'),
    q: notPositive('QUANTITY'),
    m: wrong('SCHEMA', null, 0, 'true', MISSING),
  }
  const [, channel] = stream.split('@')
  switch (channel) {
    case 'trade':
      return { ...traded, t: noWholeNumber }
    case 'aggTrade':
      return { ...traded, a: noWholeNumber, f: noWholeNumber, l: noWholeNumber }
    case 'bookTicker':
      return {
        ...common,
        u: noWholeNumber,
        b: notPositive('PRICE'),
        B: notPositive('QUANTITY'),
        a: notPositive('PRICE'),
        A: notPositive('QUANTITY'),
        ...(isFutures && { e: wrongKind, E: noWholeNumber, T: wrongTime(T as number) }),
      }
    case 'depth':
      return {
        ...common,
        e: wrongKind,
        U: noWholeNumber,
        u: noWholeNumber,
        b: noLevels,
        a: noLevels,
        ...(isFutures
          ? { E: noWholeNumber, T: wrongTime(T as number), pu: noWholeNumber }
          : { E: wrongTime(E as number), pu: wrong('SCHEMA', 1) }),
      }
    default:
      throw new Error(`${stream} has no fields here`)
  }
}

const SNAPSHOT_FIELDS = {
  lastUpdateId: wrong('SCHEMA', null, true, '7', -1, 1.5, [], {}),
  bids: noLevels,
  asks: noLevels,
}

interface Line {
  readonly at: number
  readonly message: {
    readonly stream?: string
    readonly data?: Record<string, Json>
    readonly [key: string]: Json | undefined
  }
}

function linesOf(name: Capture): Line[] {
  const lines = gunzipSync(readFileSync(capture(name)))
    .toString()
    .split('\n')
  return lines.flatMap((line) => {
    const [, time, json] = /^([\d.]+):? (\{.*)$/.exec(line) ?? []
    if (json === undefined) return []
    const at = (time as string).includes('.') ? Number(time) * 1_000 : Number((time as string).slice(0, -6))
    return [{ at: Math.floor(at), message: JSON.parse(json) }]
  })
}

/** What a decoder makes of the lines: events of those that it believes, and what it refuses. */
function decoded(
  market: BinanceMarketName,
  symbol: string | undefined,
  lines: readonly (Line & { isDamaged?: true })[],
) {
  const decoder = new BinanceDecoder({ market })
  const refusals = new Refusals()
  const events: unknown[] = []
  const refused: (true | undefined)[] = []
  for (const { at, message, isDamaged } of lines) {
    try {
      events.push(decoder.decode(JSON.stringify(message), { at }, symbol))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      refusals.add(error)
      refused.push(isDamaged)
    }
  }
  // As text, which is compared a thousand times faster.
  return { events: JSON.stringify(events), counts: refusals.counts, refused }
}

function withField(value: Json, [key, ...rest]: Path, to: Json | typeof MISSING): Json {
  if (key === undefined) return to as Json
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string | number, Json>
  if (rest.length === 0 && to === MISSING) delete copy[key]
  else copy[key] = withField(copy[key] as Json, rest, to)
  return copy as Json
}

const CAPTURES: readonly (readonly [Capture, BinanceMarketName])[] = [
  ['binance-spot-btcusdt', 'spot'],
  ['binance-usdm-btcusdt', 'usdm'],
  ['cryptofeed-binance', 'spot'],
  ['cryptofeed-binance-futures', 'usdm'],
]

describe.each(CAPTURES)('%s, with one message damaged', (name, market) => {
  const all = linesOf(name)
  const snapshotAt = all.findIndex(({ message }) => message.data === undefined && 'lastUpdateId' in message)
  const from = Math.max(0, snapshotAt - 50)
  const lines = all.slice(from, from + STREAM)
  const symbol = name.startsWith('binance-') ? 'BTCUSDT' : undefined
  const right = decoded(market, symbol, lines)
  const places = new Map<string, number[]>()
  for (const [i, { message }] of lines.entries()) {
    const kind = message.stream?.split('@')[1] ?? 'depthSnapshot'
    // Once the time of the exchange is known, one that is off is seen.
    if (i >= 20 && !kind.startsWith('kline')) places.set(kind, [...(places.get(kind) ?? []), i])
  }

  it('is whole without it', () => {
    expect(right.counts).toEqual({})
    expect([...places.keys()].length).toBeGreaterThan(1)
  })

  it.each([...places.keys()])(
    `a %s is refused whatever field is wrong, and changes nothing, seed ${SEED}`,
    (kind) => {
      const damaged = fc.constantFrom(...(places.get(kind) as number[])).chain((place) => {
        const { message } = lines[place] as Line
        const { stream, data } = message
        const fields: Record<string, fc.Arbitrary<Wrong>> = stream === undefined
          ? SNAPSHOT_FIELDS
          : fieldsOf(stream, data as object, market !== 'spot')
        return fc
          .constantFrom(...Object.entries(fields))
          .chain(([field, wrongs]) => wrongs.map((to) => ({ place, field, ...to })))
      })
      fc.assert(
        fc.property(damaged, ({ place, field, value, reason }) => {
          const { at, message } = lines[place] as Line
          const path = message.stream === undefined ? [field] : ['data', field]
          const bad = {
            at,
            message: withField(message as Json, path, value) as Line['message'],
            isDamaged: true as const,
          }
          const { events, counts, refused } = decoded(market, symbol, lines.toSpliced(place, 0, bad))
          expect(counts).toEqual({ [reason]: 1 })
          expect(refused).toEqual([true])
          expect(events === right.events, 'the other messages lead to the same').toBe(true)
        }),
        { seed: SEED, numRuns: RUNS },
      )
    },
  )
})
