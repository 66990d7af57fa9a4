/** Raw captures of exchange sockets, played again. */
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { from, type Observable } from 'rxjs'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../market.ts'
import { BinanceDecoder, type RawKind } from './binance-decoder.ts'
import { BINANCE_MARKETS, type BinanceMarketName, marketOfVenue } from './binance-markets.ts'
import { type Look, lookThrough } from './capture-look.ts'
import { Refusal, Refusals, summed } from './refusals.ts'
import { timedLines, unreadable } from './timed-lines.ts'

/** A minute of BTCUSDT and ETHUSDT, Binance spot, 2024-08-08 23:54 UTC. The build copies it. */
export const SAMPLE: readonly string[] = ['btcusdt', 'ethusdt'].map((symbol) =>
  fileURLToPath(new URL(`sample/binance-spot-${symbol}.ws.gz`, import.meta.url)),
)

export interface RecordingOptions {
  /** `.gz` or plain. Several are merged by the time at which their messages were received. */
  readonly files: readonly string[]
  /**
   * Where all of them were recorded: `binance`, `binance-usdm` or `binance-coinm`. By default told from the messages: spot and
   * futures share the names of their streams, but not all fields.
   */
  readonly venue?: string | undefined
  /** A message that is not believed is counted, and passed over; so that a flood of them floods no log, not each is told. */
  readonly onWarning?: (warning: { file: string; line: number; reason: string }) => void
}

/** @throws RECORDING_UNREADABLE when a file is missing, of a format that no decoder knows, or of another venue */
export async function openRecording({
  files,
  venue,
  onWarning = () => {},
}: RecordingOptions): Promise<MarketSource> {
  if (files.length === 0) throw unreadable('no file is given', 'Name one: --file capture.ws.gz.')
  const configured = venue === undefined ? undefined : marketOfVenue(venue)
  if (venue !== undefined && configured === undefined)
    throw unreadable(
      `recordings of ${venue} cannot be read`,
      `Set market.venue to ${VENUES}, whichever they were recorded at.`,
    )
  const looks: Look[] = []
  for (const file of files) looks.push(await lookThrough(file))
  const market = configured ?? looks.find((one) => one.market !== undefined)?.market ?? 'spot'
  for (const { file, market: found = market } of looks)
    if (found !== market)
      throw unreadable(
        `${file} is a recording of ${BINANCE_MARKETS[found].venue}, not of ${BINANCE_MARKETS[market].venue}`,
        'Set market.venue to the venue where it was recorded; play recordings of several venues in runs of their own.',
      )
  const feeds = looks.map((look) => new Feed(look, market, onWarning))
  return new Recording(feeds, BINANCE_MARKETS[market].venue, Math.min(...looks.map((look) => look.startsAt)))
}

const VENUES = Object.values(BINANCE_MARKETS)
  .map((one) => one.venue)
  .join(' or ')

class Recording implements MarketSource {
  readonly name: string
  readonly time = 'event'
  readonly startsAt: number
  readonly instruments: readonly string[]
  readonly #feeds: readonly Feed[]

  constructor(feeds: readonly Feed[], venue: string, startsAt: number) {
    this.#feeds = feeds
    this.startsAt = startsAt
    const symbols = new Set(feeds.flatMap((feed) => [...feed.symbols]))
    this.instruments = [...symbols].map((symbol) => `${venue}:${symbol}`)
    // Positions count over these files in this order: other files are another source.
    this.name = `recording:${feeds.map((f) => basename(f.file)).join('+')}`
  }

  get counts(): Readonly<Record<string, number>> {
    return summed(this.#feeds.map(({ counts }) => counts))
  }

  get refused(): Readonly<Record<string, number>> {
    return summed(this.#feeds.map(({ refusals }) => refusals.counts))
  }

  open(options: MarketOpenOptions = {}): Observable<MarketMessage> {
    return from(this.#play(options))
  }

  async *#play({ after = 0, pace }: MarketOpenOptions): AsyncGenerator<MarketMessage> {
    let position = 0
    let now = 0
    const streams = this.#feeds.map((feed) => feed.messages())
    const heads = await Promise.all(streams.map((stream) => stream.next()))
    for (;;) {
      let first = -1
      for (const [i, head] of heads.entries()) {
        if (head.done) continue
        const best = heads[first]
        if (best === undefined || best.done || isEarlier(head.value, best.value)) first = i
      }
      const head = heads[first]
      if (head === undefined || head.done) return
      const { at, venue, symbol, events } = head.value
      now = Math.max(now, at)
      for (const event of events) {
        position++
        if (position <= after) continue
        const message = {
          position,
          at: now,
          venue,
          symbol,
          event: event.at === now ? event : { ...event, at: now },
        }
        const wait = pace?.(message)
        if (wait) await wait
        yield message
      }
      heads[first] = await (streams[first] as AsyncGenerator<Batch>).next()
    }
  }
}

interface Batch {
  readonly at: number
  readonly receivedNs: string | undefined
  readonly venue: string
  readonly symbol: string
  readonly events: readonly MarketMessage['event'][]
}

/** Within a millisecond by the nanosecond: stamps have the same number of digits. */
function isEarlier(a: Batch, b: Batch): boolean {
  return a.at === b.at ? (a.receivedNs ?? '') < (b.receivedNs ?? '') : a.at < b.at
}

/** One file: its lines, decoded and counted. */
class Feed {
  readonly file: string
  readonly symbols: ReadonlySet<string>
  readonly counts: Partial<Record<RawKind, number>> = {}
  readonly refusals = new Refusals()
  readonly #market: BinanceMarketName
  readonly #onWarning: NonNullable<RecordingOptions['onWarning']>

  constructor(
    { file, symbols }: Look,
    market: BinanceMarketName,
    onWarning: NonNullable<RecordingOptions['onWarning']>,
  ) {
    this.file = file
    this.symbols = symbols
    this.#market = market
    this.#onWarning = onWarning
  }

  async *messages(): AsyncGenerator<Batch> {
    const { venue } = BINANCE_MARKETS[this.#market]
    const decoder = new BinanceDecoder({ market: this.#market, symbols: [...this.symbols] })
    // A snapshot that names no symbol is of the only one that there is.
    const [only] = this.symbols.size === 1 ? this.symbols : []
    const lines = timedLines(this.file, {
      onRefused: (line, refusal) => this.#refuse(line, refusal),
      onSetBack: (line, byMs) => this.#warn(line, `the recorder's clock was set back by ${byMs} ms`),
    })
    for await (const { number, at, receivedNs, json } of lines) {
      const receipt = receivedNs === undefined ? { at } : { at, receivedNs }
      try {
        const { kind, symbol, events } = decoder.decode(json, receipt, only)
        this.counts[kind] = (this.counts[kind] ?? 0) + 1
        if (events.length > 0) yield { at, receivedNs, venue, symbol, events }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        this.#refuse(number, error)
      }
    }
  }

  #refuse(line: number, refusal: Refusal): void {
    const told = this.refusals.add(refusal)
    if (told !== undefined) this.#warn(line, told)
  }

  #warn(line: number, reason: string): void {
    this.#onWarning({ file: this.file, line, reason })
  }
}
