/** The content of the market view: the symbol of the choice, its candles, fills and trades around the moment. */
import { computed, signal } from '@preact/signals'
import type { AnswerOf, EventEnvelope, Routes } from '../../../src/client/index.ts'
import { allActors, membership } from '../log/actors.ts'
import { chosen } from '../log/chosen.ts'
import { client } from '../log/client.ts'
import { returns } from '../log/connection.ts'
import { loaded } from '../log/loading.ts'
import { run } from '../log/run.ts'
import { steady } from '../log/steady.ts'
import { momentAt } from '../state/moment.ts'
import { choice, moment, view } from '../state/place.ts'
import { type Candle, candlesOf } from './candles.ts'
import { type Told, toldUp, upTo } from './told.ts'
import { type Fill, fillsIn, type Trade, tradesOf } from './trades.ts'

/** The part of the log that is shown. */
export const reach = signal<'trade' | 'log'>('trade')

/** ms that are shown before and after the moment, or around a life. */
const BEFORE_MS = 180_000
const AFTER_MS = 60_000
const ROOM_MS = 15_000
/** A life that is longer is no trade: the moment counts. */
const LIFE_MAX_MS = 3_600_000
/** Points of a picture of the whole log. */
const POINTS = 300
/** Most events of a question, in pages. */
const PAGES_MAX = 4
/** Most trades that are listed. */
const TRADES_MAX = 100
/** The events of which trades are made. One question for all of them reads their part of the log once. */
const TRADES = 'POSITION_OPENED,POSITION_CLOSED,POSITION_FLIPPED,ORDER_FILLED'
/** A trade is opened and closed, by a fill each. */
const EVENTS_OF_TRADE = 4
/** Trades that are asked for while the prices are not here. A server that trades reads few of them sooner. */
const FIRST_TRADES = 25
const FILLS = 'ORDER_FILLED,ORDER_PARTIAL_FILL'
/** Least ms between two readings while the log goes on. */
const LEAST_MS = 1_000
/** Least ms between two questions for the time of a moment that moves. */
const TIME_LEAST_MS = 150

/** False in the other views, which need no prices. */
const isShown = computed(() => view.value === 'market')

/** The time of the record at the moment. It comes sooner than the states of then, which are replayed. */
const record = loaded<number>(() => {
  const seq = moment.value
  if (!isShown.value || seq === undefined) return undefined
  const query = { within: 0 }
  return {
    subject: 'then',
    place: seq,
    read: async (signal) => (await client.ask('record', { params: { seq }, query, signal })).record.at,
  }
}, TIME_LEAST_MS)
const time = computed(() => record.value.value ?? momentAt.value)

/** Why there is no market of the chosen actor at the moment, in the words for actors; undefined where there is one. */
export const absence = computed<'unknown' | 'not there yet' | 'no price yet' | undefined>(() => {
  const is = chosen.value.value
  if (is === undefined || is.address !== choice.value) return undefined
  if (is.actor === undefined) return is.life.first === undefined ? 'unknown' : 'not there yet'
  if (is.actor.kind !== 'symbol') return undefined
  const { trade, bid, ask } = Object(is.actor.context)
  return (trade ?? bid ?? ask) ? undefined : 'no price yet'
})

/** The addresses of the actors that have prices. */
export const symbols = steady(() => {
  membership.value
  return [...allActors()].flatMap(({ kind, address }) => (kind === 'symbol' ? [address] : [])).sort()
})

/** The symbol that the chosen actor is about: its venue, its name, and the actor that has its prices. */
export const symbol = steady(() => {
  const is = chosen.value.value
  const isSymbol = symbols.value.includes(choice.value)
  // Another actor may be about another symbol.
  if (!isSymbol && is?.address !== choice.value && choice.value !== '') return undefined
  if (absence.value !== undefined) return undefined
  const context = isSymbol ? {} : Object(is?.actor?.context)
  // Orders have them among their terms.
  const { venue, symbol: name } = { ...context, ...context.terms }
  const own = typeof venue === 'string' && typeof name === 'string' ? `symbol/${venue}:${name}` : choice.value
  const address = symbols.value.includes(own) ? own : symbols.value[0]
  if (address === undefined) return undefined
  const [of = '', ...rest] = address.slice('symbol/'.length).split(':')
  return { address, venue: of, name: rest.join(':') }
})

interface Range {
  /** Epoch ms. Undefined: the whole log. */
  readonly from: number | undefined
  readonly to: number | undefined
}

/** The stretch that is shown. It keeps still while the moment moves within a life. */
const range = steady<Range | undefined>(() => {
  if (reach.value === 'log') return { from: undefined, to: undefined }
  const is = chosen.value.value
  const [first, last] = [is?.life.first?.at, is?.life.records.at(-1)?.at]
  const isTrade = is?.address.startsWith('order/') || is?.address.startsWith('list/')
  if (isTrade && first !== undefined && last !== undefined && last - first < LIFE_MAX_MS)
    return { from: first - ROOM_MS, to: last + ROOM_MS }
  const at = time.value
  if (at === undefined) return undefined
  // Steps of a quarter, so that each record of the present does not ask for another picture.
  const step = AFTER_MS / 4
  const to = Math.ceil(at / step) * step + (moment.value === undefined ? 0 : AFTER_MS)
  return { from: to - BEFORE_MS - AFTER_MS, to }
})

const isLive = computed(() => moment.value === undefined)

export interface Market {
  readonly symbol: string
  readonly interval: string
  readonly candles: readonly Candle[]
  /** The last prices by time in seconds, where candles would have no room. */
  readonly line: readonly { readonly time: number; readonly value: number }[]
  readonly fills: readonly Fill[]
  /** Values of the account of the venue by time in seconds, oldest first. */
  readonly equity: readonly { readonly time: number; readonly value: number }[]
}

export const market = loaded<Market>(() => {
  const [of, stretch] = [symbol.value, range.value]
  if (!isShown.value || of === undefined || stretch === undefined) return undefined
  const { from, to } = stretch
  // Live, the picture goes on with the log.
  if (isLive.value) run.value.value
  const isWhole = from === undefined
  return {
    subject: `${of.address} ${reach.value}`,
    place: from === undefined || to === undefined ? 'whole' : `${from}…${to}`,
    about: of.address,
    read: async (signal) => {
      const query = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
      const about = (type: string, actor?: string) =>
        eventsOf({ ...query, type, ...(actor && { actor }) }, signal)
      const account = `account/${of.venue}`
      const [prices, candles, others, worth] = await Promise.all([
        isWhole ? timelineOf({ follow: 'CANDLE_CLOSE', actor: of.address }, signal) : [],
        isWhole ? [] : about('CANDLE_CLOSE', of.address),
        // One question for both reads their part of the log once.
        about(isWhole ? FILLS : `${FILLS},PORTFOLIO_VALUE`),
        isWhole ? timelineOf({ follow: 'PORTFOLIO_VALUE', actor: account }, signal) : [],
      ])
      const isOwn = ({ venue, symbol: name }: EventEnvelope) => venue === of.venue && name === of.name
      const values = isWhole ? worth : others.filter(({ actor }) => actor === account)
      return {
        symbol: of.address,
        ...candlesOf(candles),
        line: rising(
          prices.map(({ at, event }) => ({ time: at / 1_000, value: Number(event.candle.close) })),
        ),
        fills: fillsIn(others.filter(isOwn)),
        equity: rising(values.map(({ at, event }) => ({ time: at / 1_000, value: Number(event.equity) }))),
      }
    },
  }
}, LEAST_MS)

const hasPrices = computed(() => market.value.value !== undefined)

/** The events of trades that are here, of one return: the server may have another log then. */
let had: { readonly of: number; readonly told: Told } | undefined

/** Trades that were closed up to the moment, the latest first. */
export const trades = loaded<readonly Trade[]>(() => {
  if (!isShown.value) return undefined
  const to = isLive.value ? undefined : time.value
  if (isLive.value) run.value.value
  else if (to === undefined) return undefined
  const of = returns.value
  const count = EVENTS_OF_TRADE * (hasPrices.value ? TRADES_MAX : FIRST_TRADES)
  return {
    subject: isLive.value ? 'live' : 'then',
    place: to === undefined ? 'now' : `0…${to}`,
    read: async (signal) => {
      const before = had?.of === of ? had.told : undefined
      const told = await toldUp(to, count, before, (place) =>
        client.ask('events', { query: { type: TRADES, ...place }, signal }),
      )
      had = { of, told }
      const events = upTo(told, to)
      const [filled, positions] = [true, false].map((isFill) =>
        events.filter(({ type }) => (type === 'ORDER_FILLED') === isFill),
      )
      return tradesOf(positions ?? [], fillsIn(filled ?? [])).slice(0, TRADES_MAX)
    },
  }
}, LEAST_MS)

type EventsQuery = NonNullable<Parameters<typeof client.events>[0]>

/** Returns the events of a stretch, or the last ones when it has no beginning. */
async function eventsOf(query: EventsQuery, signal: AbortSignal): Promise<EventEnvelope[]> {
  const found: EventEnvelope[] = []
  let since: number | undefined
  for (let page = 0; page < PAGES_MAX; page++) {
    const { events, next } = await client.ask('events', {
      query: { ...query, ...(query.from === undefined ? { tail: 1_000 } : since !== undefined && { since }) },
      signal,
    })
    found.push(...events)
    if (next === undefined) break
    since = next
  }
  return found
}

/** Returns the last event of each point. */
async function timelineOf(
  query: { readonly follow: string; readonly actor: string },
  signal: AbortSignal,
): Promise<EventEnvelope[]> {
  const { points }: AnswerOf<Routes['timeline']> = await client.ask('timeline', {
    query: { ...query, points: POINTS },
    signal,
  })
  return points.flatMap(({ last = [] }) => last)
}

/** Returns points whose times rise, as the charts want them: of those at one time, the last. */
function rising<P extends { readonly time: number }>(points: readonly P[]): P[] {
  const kept: P[] = []
  for (const point of points) {
    const last = kept.at(-1)
    if (last !== undefined && point.time < last.time) continue
    if (last?.time === point.time) kept.pop()
    kept.push(point)
  }
  return kept
}
