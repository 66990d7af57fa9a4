/** Raw captures of exchange sockets, played again. */
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { from, type Observable } from 'rxjs'
import type { CaptureDecoder, CaptureFormat, Decoded } from '../capture-format.ts'
import { CAPTURE_FORMATS, CAPTURED_VENUES, formatOfVenue } from '../captures.ts'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../market-source.ts'
import { Refusal, Refusals } from '../refusals.ts'
import { type Look, lookThrough } from './capture-look.ts'
import { type Line, timedLines, unreadable } from './timed-lines.ts'

/** A minute of BTCUSDT and ETHUSDT, Binance spot, 2024-08-08 23:54 UTC. The build copies it. */
export const SAMPLE: readonly string[] = ['btcusdt', 'ethusdt'].map((symbol) =>
  fileURLToPath(new URL(`sample/binance-spot-${symbol}.ws.gz`, import.meta.url)),
)

/** The assets of its symbols, which a capture does not name. */
export const SAMPLE_ASSETS: Readonly<
  Record<string, { readonly baseAsset: string; readonly quoteAsset: string }>
> = {
  BTCUSDT: { baseAsset: 'BTC', quoteAsset: 'USDT' },
  ETHUSDT: { baseAsset: 'ETH', quoteAsset: 'USDT' },
}

/**
 * Positions count what is made of the lines, so they are others once other lines are believed, or other messages are made of
 * them. Then this is raised: it is in the name, and a log of an older version does not go on at a wrong place.
 */
const READING = 3
/** The first that is in the name. */
const FIRST_READING = 2

export interface RecordingOptions {
  /** `.gz` or plain. Several are merged by the time at which their messages were received. */
  readonly files: readonly string[]
  /**
   * The venue at which all of them were recorded, such as `binance-usdm`. Default: found from the messages, because spot and
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
  const configured = venue === undefined ? undefined : formatOfVenue(venue)
  if (venue !== undefined && configured === undefined)
    throw unreadable(
      `recordings of ${venue} cannot be read`,
      `Set market.venue to ${CAPTURED_VENUES.join(' or ')}, whichever they were recorded at.`,
    )
  const looks: Look[] = []
  for (const file of files) looks.push(await lookThrough(file))
  const format = configured ?? looks.find((one) => one.format !== undefined)?.format ?? CAPTURE_FORMATS[0]
  const at = venue ?? looks.find((one) => one.venue !== undefined)?.venue ?? (format.venues[0] as string)
  for (const { file, venue: found = at } of looks)
    if (found !== at)
      throw unreadable(
        `${file} is a recording of ${found}, not of ${at}`,
        'Set market.venue to the venue where it was recorded; play recordings of several venues in runs of their own.',
      )
  return new Recording(looks, { format, venue: at }, onWarning)
}

/** The recording, and the way to read it. */
interface Captured {
  readonly format: CaptureFormat
  readonly venue: string
}

/**
 * All files are decoded as one stream, in the order of their times: where two of them recorded the same market, what both have
 * counts once.
 */
class Recording implements MarketSource {
  readonly name: string
  readonly formerNames: readonly string[]
  readonly time = 'event'
  readonly startsAt: number
  readonly instruments: readonly string[]
  readonly counts: Record<string, number> = {}
  readonly #refusals = new Refusals()
  readonly #looks: readonly Look[]
  readonly #symbols: ReadonlySet<string>
  readonly #market: Captured
  readonly #onWarning: NonNullable<RecordingOptions['onWarning']>

  constructor(
    looks: readonly Look[],
    market: Captured,
    onWarning: NonNullable<RecordingOptions['onWarning']>,
  ) {
    this.#looks = looks
    this.#market = market
    this.#onWarning = onWarning
    this.startsAt = Math.min(...looks.map((look) => look.startsAt))
    this.#symbols = new Set(looks.flatMap((look) => [...look.symbols]))
    this.instruments = [...this.#symbols].map((symbol) => `${market.venue}:${symbol}`)
    // Positions count over these files in this order: other files are another source.
    const files = looks.map(({ file }) => basename(file)).join('+')
    this.name = `recording/${READING}:${files}`
    const numbered = Array.from({ length: READING - FIRST_READING }, (_, i) => FIRST_READING + i)
    this.formerNames = [`recording:${files}`, ...numbered.map((reading) => `recording/${reading}:${files}`)]
  }

  get refused(): Readonly<Record<string, number>> {
    return { ...this.#refusals.counts }
  }

  open(options: MarketOpenOptions = {}): Observable<MarketMessage> {
    return from(this.#play(options))
  }

  async *#play({ after = 0, pace }: MarketOpenOptions): AsyncGenerator<MarketMessage> {
    const { format, venue } = this.#market
    const decoder = format.decoder({ venue, symbols: [...this.#symbols] })
    let position = 0
    let now = 0
    for await (const line of this.#lines()) {
      now = Math.max(now, line.at)
      const decoded = this.#decode(decoder, line, now)
      if (decoded === undefined) continue
      for (const event of decoded.events) {
        position++
        if (position <= after) continue
        const message = { position, at: now, venue, symbol: decoded.symbol, event }
        const wait = pace?.(message)
        if (wait) await wait
        yield message
      }
    }
  }

  /** Yields the lines of all files, merged by their times. */
  async *#lines(): AsyncGenerator<FileLine> {
    const streams = this.#looks.map((look) => this.#linesOf(look))
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
      yield head.value
      heads[first] = await (streams[first] as AsyncGenerator<FileLine>).next()
    }
  }

  async *#linesOf({ file, symbols }: Look): AsyncGenerator<FileLine> {
    // A snapshot that names no symbol is of the only one that there is.
    const [only] = symbols.size === 1 ? symbols : []
    const lines = timedLines(file, {
      onRefused: (line, refusal) => this.#refuse(file, line, refusal),
      onSetBack: (line, byMs) => this.#warn(file, line, `the recorder's clock was set back by ${byMs} ms`),
    })
    for await (const line of lines) yield { ...line, file, only }
  }

  #decode(decoder: CaptureDecoder, line: FileLine, at: number): Decoded | undefined {
    const { file, number, receivedNs, json, only } = line
    try {
      const receipt = receivedNs === undefined ? { at } : { at, receivedNs }
      const decoded = decoder.decode(json, receipt, only)
      this.counts[decoded.kind] = (this.counts[decoded.kind] ?? 0) + 1
      return decoded
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      this.#refuse(file, number, error)
      return undefined
    }
  }

  #refuse(file: string, line: number, refusal: Refusal): void {
    const warning = this.#refusals.add(refusal)
    if (warning !== undefined) this.#warn(file, line, warning)
  }

  #warn(file: string, line: number, reason: string): void {
    this.#onWarning({ file, line, reason })
  }
}

/** A line of one of several files. */
interface FileLine extends Line {
  readonly file: string
  /** The only symbol of its file. */
  readonly only: string | undefined
}

/** Returns whether a line comes before another one, by the nanosecond: stamps have the same number of digits. */
function isEarlier(a: FileLine, b: FileLine): boolean {
  return a.at === b.at ? (a.receivedNs ?? '') < (b.receivedNs ?? '') : a.at < b.at
}
