/** Raw captures of exchange sockets, played again. */
import { createReadStream } from 'node:fs'
import { access } from 'node:fs/promises'
import { basename } from 'node:path'
import { pipeline } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { createGunzip } from 'node:zlib'
import { from, type Observable } from 'rxjs'
import { OutcryError } from '../../../store/index.ts'
import type { MarketMessage, MarketOpenOptions, MarketSource } from '../market.ts'
import { BinanceDecoder, type RawKind } from './binance-decoder.ts'

/** A minute of BTCUSDT and ETHUSDT, Binance spot, 2024-08-08 23:54 UTC. The build copies it. */
export const SAMPLE: readonly string[] = ['btcusdt', 'ethusdt'].map((symbol) =>
  fileURLToPath(new URL(`sample/binance-spot-${symbol}.ws.gz`, import.meta.url)),
)

export interface RecordingOptions {
  /** `.gz` or plain. Several are merged by the time at which their messages were received. */
  readonly files: readonly string[]
  /** Venue of each file; by default told from its name. Spot and futures share their stream names. */
  readonly venues?: readonly string[]
  /** A line that cannot be read is counted, told, and passed over. */
  readonly onWarning?: (warning: { file: string; line: number; reason: string }) => void
}

/** A line: when it was received, and what. */
interface Captured {
  readonly at: number
  readonly json: string
}

/** `<ns> <json>`, as written by recorders of Binance's combined stream. */
const NANOSECONDS = /^(\d{19}) (\{.*)$/
/** `<s>: <json>`, as cryptofeed writes it. */
const SECONDS = /^(\d+\.\d+): (.*)$/
/** cryptofeed's notes of what it connected and sent to. */
const HEADER = /^wss?:\/\/\S+ (<->|<-|->) /

/** @throws RECORDING_UNREADABLE when a file is missing or of a format that no decoder knows */
export async function openRecording(options: RecordingOptions): Promise<MarketSource> {
  if (options.files.length === 0) throw unreadable('no file is given', 'Name one: --file capture.ws.gz.')
  const feeds: Feed[] = []
  for (const [i, file] of options.files.entries()) {
    try {
      await access(file)
    } catch (error) {
      throw unreadable(`${file} cannot be read: ${(error as Error).message}`, 'Check the path.')
    }
    feeds.push(new Feed(file, options.venues?.[i] ?? venueOf(file), options.onWarning ?? (() => {})))
  }
  const starts = await Promise.all(feeds.map((feed) => feed.startsAt()))
  return new Recording(feeds, Math.min(...starts))
}

class Recording implements MarketSource {
  readonly name: string
  readonly time = 'event'
  readonly startsAt: number
  readonly #feeds: readonly Feed[]

  constructor(feeds: readonly Feed[], startsAt: number) {
    this.#feeds = feeds
    this.startsAt = startsAt
    // Positions count over these files in this order: other files are another source.
    this.name = `recording:${feeds.map((f) => basename(f.file)).join('+')}`
  }

  get instruments(): readonly string[] {
    return this.#feeds.flatMap((f) => (f.symbol === undefined ? [] : [`${f.venue}:${f.symbol}`]))
  }

  get counts(): Readonly<Record<string, number>> {
    const counts: Record<string, number> = {}
    for (const feed of this.#feeds) {
      for (const [kind, count] of Object.entries(feed.counts)) counts[kind] = (counts[kind] ?? 0) + count
    }
    return counts
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
        if (best === undefined || best.done || head.value.at < best.value.at) first = i
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
  readonly venue: string
  readonly symbol: string
  readonly events: readonly MarketMessage['event'][]
}

/** One file: its lines, decoded and counted. */
class Feed {
  readonly file: string
  readonly venue: string
  readonly counts: Partial<Record<RawKind | 'unreadable', number>> = {}
  symbol: string | undefined
  readonly #onWarning: NonNullable<RecordingOptions['onWarning']>

  constructor(file: string, venue: string, onWarning: NonNullable<RecordingOptions['onWarning']>) {
    this.file = file
    this.venue = venue
    this.#onWarning = onWarning
  }

  /** When its first message was received; looks ahead for its symbol, too. */
  async startsAt(): Promise<number> {
    for await (const text of this.#lines()) {
      const captured = HEADER.test(text) ? undefined : parseLine(text)
      if (captured === undefined) continue
      this.symbol = /"s":"(\w+)"/.exec(captured.json)?.[1]
      return captured.at
    }
    throw unreadable(
      `${this.file} holds no message`,
      'Give a capture of a market socket: "<time> <json>" a line.',
    )
  }

  async *messages(): AsyncGenerator<Batch> {
    const decoder = new BinanceDecoder()
    let line = 0
    for await (const text of this.#lines()) {
      line++
      if (text === '' || HEADER.test(text)) continue
      const captured = parseLine(text)
      if (captured === undefined) {
        this.#unreadable(line, 'it is no "<time> <json>"')
        continue
      }
      const { at, json } = captured
      try {
        const { kind, symbol, events } = decoder.decode(json, at, this.symbol)
        this.#count(kind)
        if (symbol !== '') this.symbol ??= symbol
        if (events.length > 0) yield { at, venue: this.venue, symbol, events }
      } catch (error) {
        this.#unreadable(line, (error as Error).message)
      }
    }
  }

  async *#lines(): AsyncIterable<string> {
    const bytes = createReadStream(this.file)
    // What fails in one stream of a pipeline is thrown where the last one is read.
    const input = this.file.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => {}) : bytes
    let rest = ''
    try {
      for await (const chunk of input.setEncoding('utf8')) {
        const lines = (rest + chunk).split('\n')
        rest = lines.pop() as string
        yield* lines
      }
    } catch (error) {
      throw unreadable(
        `${this.file}: ${(error as Error).message}`,
        'The file may be cut short; copy it again.',
      )
    }
    if (rest !== '') yield rest
  }

  #count(kind: RawKind | 'unreadable'): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1
  }

  #unreadable(line: number, reason: string): void {
    this.#count('unreadable')
    this.#onWarning({ file: this.file, line, reason })
  }
}

function parseLine(text: string): Captured | undefined {
  const [, ns, binance] = NANOSECONDS.exec(text) ?? []
  if (ns !== undefined) return { at: Math.floor(Number(ns) / 1e6), json: binance as string }
  const [, s, cryptofeed] = SECONDS.exec(text) ?? []
  return s === undefined ? undefined : { at: Math.floor(Number(s) * 1_000), json: cryptofeed as string }
}

function venueOf(file: string): string {
  const name = basename(file)
  if (/binance.*(usdm|futures)/.test(name)) return 'binance-usdm'
  if (/binance/.test(name)) return 'binance'
  throw unreadable(
    `it is not clear of which venue ${file} is a recording`,
    'Only recordings of Binance can be read; name their venue, binance or binance-usdm, in the configuration.',
  )
}

function unreadable(message: string, hint: string): OutcryError {
  return new OutcryError('RECORDING_UNREADABLE', message, hint)
}
