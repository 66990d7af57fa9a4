/**
 * Makes a golden run with the code at hand: `tsx tests/runner/golden/make.ts <file>`. Done once for each shape of what is stored.
 * The run has every trading machine, and is stopped with orders at rest, a trade open, and requests and reports under way.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { startRunner } from '../../../src/runner/assemble.ts'
import type { Address } from '../../../src/runtime/record/address.ts'
import type { AnyEvent } from '../../../src/runtime/record/record.ts'
import { goldenConfig, STARTS_AT } from './config.ts'
import { booksOf, pack, presentsOf } from './run.ts'

/** What LevelDB can do in Node, and not in a browser. */
interface Compactable {
  compactRange(from: Buffer, to: Buffer): Promise<void>
}

interface Asked {
  readonly to: string
  readonly event: AnyEvent
}

const order = (clOrdId: string, of: object) => ({
  to: 'account/sim',
  event: { type: 'ORDER_REQUEST', clOrdId, venue: 'sim', timeInForce: 'GTC', ...of },
})
const list = (id: string, of: object) => ({
  to: `list/${id}`,
  event: { type: 'LIST_REQUEST', venue: 'sim', ...of },
})
const halt = (tradingState: string) => ({
  to: 'account/sim',
  event: { type: 'SET_TRADING_STATE', tradingState, by: 'a person' },
})
const EMA = 'emaCross/ema-AUSDT'
/** As a venue says it. */
const report = (id: string, of: object) => ({
  to: `order/${id}`,
  event: {
    type: 'EXECUTION_REPORT',
    clOrdId: id,
    ordStatus: 'NEW',
    ...{ symbol: 'AUSDT', side: 'BUY', orderQty: '1', cumQty: '0', leavesQty: '1', avgPx: '0' },
    ...of,
  },
})
const A = { symbol: 'AUSDT', refPx: '100' }
const B = { symbol: 'BUSDT', refPx: '50' }
const market = { ordType: 'MARKET', timeInForce: 'GTC' }
const limit = { ordType: 'LIMIT', timeInForce: 'GTC' }
const stop = { ordType: 'STOP', timeInForce: 'GTC' }

const EITHER = [
  { legId: 'low', ...limit, side: 'BUY', orderQty: '1', price: '45' },
  { legId: 'high', ...stop, side: 'BUY', orderQty: '1', stopPx: '60' },
]

/** What people ask, by market time in ms. */
const HANDS: readonly (readonly [number, Asked])[] = [
  // An order of a strategy is on its way to the venue.
  [1_000, { to: 'account/sim', event: { type: 'FLATTEN', by: 'a person' } }],
  [2_900, halt('active')],
  [2_500, { to: 'runner/main', event: { type: 'SET_LOG_LEVEL', level: 'info', by: 'a person' } }],
  [3_000, order('hand-rest', { ...A, ...limit, side: 'BUY', orderQty: '1', price: '90' })],
  [4_000, order('hand-open', { ...B, ...market, side: 'BUY', orderQty: '1' })],
  [5_000, order('hand-gone', { ...A, ...limit, side: 'BUY', orderQty: '1', price: '80' })],
  [7_000, { to: 'order/hand-gone', event: { type: 'CANCEL', by: 'a person' } }],
  [8_000, { to: 'account/sim', event: { type: 'REPLACE_REQUEST', clOrdId: 'hand-rest', price: '91' } }],
  [9_000, order('hand-large', { ...A, ...market, side: 'BUY', orderQty: '900' })],
  [
    10_000,
    list('bracket', {
      ...A,
      contingencyType: 'OTOCO',
      orders: [
        { legId: 'entry', ...market, side: 'BUY', orderQty: '2' },
        { legId: 'stop', ...stop, side: 'SELL', orderQty: '2', stopPx: '95', reduceOnly: true },
        { legId: 'target', ...limit, side: 'SELL', orderQty: '2', price: '105', reduceOnly: true },
      ],
    }),
  ],
  [
    12_000,
    list('either', {
      ...B,
      contingencyType: 'OCO',
      orders: [
        { legId: 'low', ...limit, side: 'BUY', orderQty: '1', price: '45' },
        { legId: 'high', ...stop, side: 'BUY', orderQty: '1', stopPx: '60' },
      ],
    }),
  ],
  [14_000, halt('halted')],
  [16_000, halt('active')],
  // What is refused: an id that is in use, that of a list; and an entry while a review is due.
  [17_000, order('hand-rest', { ...B, ...limit, side: 'BUY', orderQty: '1', price: '40', owner: EMA })],
  [17_400, list('either', { ...B, contingencyType: 'OCO', orders: EITHER, owner: EMA })],
  [17_600, { to: 'account/sim', event: { type: 'REQUIRE_REVIEW', reason: 'to look' } }],
  [17_800, order('hand-held', { ...A, ...market, side: 'BUY', orderQty: '1', owner: EMA })],
  [18_000, { to: 'account/sim', event: { type: 'ACKNOWLEDGE_REVIEW', by: 'a person' } }],
  // What a person ends, and a stop that is reached at once.
  [18_200, list('ended', { ...B, contingencyType: 'OCO', orders: EITHER })],
  [
    19_000,
    list('tight', {
      ...A,
      contingencyType: 'OTOCO',
      orders: [
        { legId: 'entry', ...market, side: 'BUY', orderQty: '1' },
        { legId: 'stop', ...stop, side: 'SELL', orderQty: '1', stopPx: '99.99', reduceOnly: true },
      ],
    }),
  ],
  [20_200, { to: 'list/ended', event: { type: 'CANCEL', by: 'a person' } }],
  // What only a venue says: a report of another order, one to nobody, an order of somebody else; and an id that was used.
  [21_000, order('hand-told', { ...A, ...limit, side: 'BUY', orderQty: '1', price: '70' })],
  [22_500, report('hand-rest', { symbol: 'BUSDT', venueOrderId: 'another', execId: 'x-1', execType: 'NEW' })],
  [22_700, report('nobody', { venueOrderId: 'none', execId: 'x-3', execType: 'NEW' })],
  [22_800, order('hand-gone', { ...B, ...limit, side: 'BUY', orderQty: '1', price: '40', owner: EMA })],
  [
    22_900,
    {
      to: 'order/stray',
      event: {
        type: 'ADOPT',
        ...{ venue: 'sim', account: 'account/sim', symbol: 'AUSDT', side: 'BUY', foreignId: 'theirs' },
        ...{ ...limit, orderQty: '1', price: '60' },
      },
    },
  ],
  // The commands that close something for a person.
  [23_500, { to: 'account/sim', event: { type: 'CANCEL_ALL', symbol: 'BUSDT', by: 'a person' } }],
  [24_000, { to: 'position/sim:BUSDT', event: { type: 'CLOSE_POSITION', by: 'a person' } }],
]
/** What they ask at the last, by time since a strategy holds something: a report is on its way back then, and a request on its way out. */
const LAST: typeof HANDS = [
  [0, order('hand-late', { ...A, ...market, side: 'BUY', orderQty: '0.1' })],
  [700, { to: 'order/hand-rest', event: { type: 'CANCEL', by: 'a person' } }],
  [
    800,
    report('hand-told', { venueOrderId: 'sim-told', execId: 'x-2', execType: 'ORDER_STATUS', cumQty: '0.5' }),
  ],
]
const LAST_MS = 900
/** From this market time on the run ends as soon as a strategy holds something under a stop. */
const ENOUGH_MS = 33_000

const file = process.argv[2] as string
const data = mkdtempSync(join(tmpdir(), 'outcry-golden-'))
const quiet = { debug() {}, info() {}, warn: console.warn, error: console.error }
const runner = await startRunner(goldenConfig(data, 600_000), quiet)
const { supervisor } = runner
const hands = [...HANDS]
let lastAt: number | undefined

function ask({ to, event }: Asked, at: number): void {
  supervisor.tell(to as Address, { at, ...event }, { at, lane: 'command' })
}

function holds(): boolean {
  return ['emaCross/ema-AUSDT', 'emaCross/ema-CUSDT'].some((address) => {
    const { value } = (supervisor.getSnapshot(address) ?? {}) as { value?: { trade: string } }
    return value?.trade === 'holding'
  })
}

await new Promise<void>((resolve) => {
  supervisor.transitions$.subscribe(({ actor, at }) => {
    if (!actor.startsWith('symbol/')) return
    if (lastAt === undefined && at >= STARTS_AT + ENOUGH_MS && holds()) {
      lastAt = at
      hands.push(...LAST.map(([ms, asked]) => [at - STARTS_AT + ms, asked] as const))
    }
    for (let hand = hands[0]; hand !== undefined && at >= STARTS_AT + hand[0]; hand = hands[0]) {
      hands.shift()
      ask(hand[1], at)
    }
    if (lastAt !== undefined && at >= lastAt + LAST_MS) resolve()
  })
})
await runner.stop('the golden run is long enough', 'make')

// Opened once more, so that LevelDB puts what it has into tables, and then without what it has overwritten.
await presentsOf(data)
for (const part of ['log', 'venue']) {
  const db = new Level<Buffer, Buffer>(join(data, part), {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    // The file is compressed as a whole.
    compression: false,
  }) as Level<Buffer, Buffer> & Compactable
  await db.compactRange(Buffer.alloc(0), Buffer.from([255, 255]))
  await db.close()
}
const states = Object.fromEntries(await presentsOf(data))
const venue = await booksOf(data)
pack(file, data, { states, venue })
rmSync(data, { recursive: true })
