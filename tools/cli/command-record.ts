import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { compact } from '../../errors/compact.ts'
import type { MarketMessage, MarketSource } from '../../src/adapters/market-source.ts'
import {
  LISTING_FILE,
  listingBeside,
  type RecordedListing,
} from '../../src/adapters/recording/listing-file.ts'
import { adapterNamed, marketOffer } from '../../src/adapters/registry.ts'
import { simMessage } from '../../src/adapters/sim/captures.ts'
import { venueAndSymbols } from '../../src/runner/actors/instruments.ts'
import { loadConfig } from '../../src/runner/config/load.ts'
import type { RunnerConfig } from '../../src/runner/config/schema.ts'
import { SystemClock } from '../../src/runtime/time/clock.ts'
import { OutcryError } from '../../store/index.ts'
import { marketFlags, type RunOptions } from './command-run.ts'
import { CaptureWriter, capturesIn } from './files/capture-writer.ts'
import { counted, countText } from './format.ts'
import { note, print, printJson } from './output.ts'

export interface RecordOptions
  extends Pick<RunOptions, 'config' | 'market' | 'symbol' | 'speed' | 'seed' | 'json'> {
  readonly fileMb: number
  readonly fileMinutes: number
}

const MB = 2 ** 20
const MINUTE_MS = 60_000

/** `outcry record <folder>`: writes what a market says as captures, until it ends or a person stops it, or the signal is aborted. */
export async function record(folder: string, options: RecordOptions, stop?: AbortSignal): Promise<number> {
  const config = loadConfig(
    compact({ file: options.config, env: process.env, flags: compact({ market: marketFlags(options) }) }),
  )
  const { market } = config
  if (market.source === 'recording')
    throw new OutcryError(
      'CONFIG_INVALID',
      'market.source: a recording is recorded already',
      'Copy its files.',
    )
  const clock = new SystemClock()
  const writer = new CaptureWriter(folder, {
    bytesMax: options.fileMb * MB,
    spanMs: options.fileMinutes * MINUTE_MS,
  })
  let isRaw = false
  const source = await marketOffer(market).open(market, {
    logger: { warn: (_details, text) => note(String(text)) },
    now: () => clock.now(),
    onRaw(json) {
      isRaw = true
      writer.add(clock.now(), json)
    },
  })
  const earlier = goesOn(folder, source)
  await writeListing(folder, config, source, earlier)
  await recorded(source, speedOf(config), writer, () => isRaw, stop)
  const { files, lines } = writer
  if (options.json) await printJson({ folder, files, messages: lines })
  else
    await print(
      `${folder} has ${counted(lines, 'message')} of ${source.name} in ${countText(files)} ${files === 1 ? 'file' : 'files'} more`,
    )
  return 0
}

/** Resolves when the market has ended, or a person has stopped it. */
async function recorded(
  source: MarketSource,
  speed: number,
  writer: CaptureWriter,
  isRaw: () => boolean,
  stop?: AbortSignal,
): Promise<void> {
  let onSignal = () => {}
  const began = performance.now()
  const pace = async ({ at }: MarketMessage): Promise<void> => {
    await writer.room()
    const dueMs = (at - (source.startsAt ?? at)) / speed - (performance.now() - began)
    if (dueMs > 0) await sleep(dueMs)
  }
  const ended = new Promise<void>((resolve, reject) => {
    const subscription = source.open({ pace }).subscribe({
      next({ at, symbol, event }) {
        // The messages of a live market are written as they come, before they are read.
        if (source.time === 'event' && !isRaw()) writer.add(at, simMessage(symbol, event))
        else void writer.room().catch(reject)
      },
      error: reject,
      complete: resolve,
    })
    onSignal = () => {
      subscription.unsubscribe()
      resolve()
    }
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, onSignal)
  stop?.addEventListener('abort', onSignal)
  try {
    await ended
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, onSignal)
    stop?.removeEventListener('abort', onSignal)
    await writer.end()
  }
}

/** Returns the pace of a market that has a time of its own: the number of times that it is faster than life. */
function speedOf({ market }: RunnerConfig): number {
  const speed = marketOffer(market).speed?.(market) ?? 1
  return speed === 'max' ? Number.POSITIVE_INFINITY : speed
}

/**
 * Returns the listing of a recording that is in the folder already. A live market goes on there, because its time does. One with a
 * time of its own would begin again at an earlier time, and each message would be there twice.
 * @throws RECORDING_EXISTS, RECORDING_UNREADABLE
 */
function goesOn(folder: string, source: MarketSource): RecordedListing | undefined {
  const captures = capturesIn(folder)
  const [first] = captures
  if (first === undefined) return undefined
  const { venue } = venueAndSymbols(source)
  const earlier = listingBeside([join(folder, first)])
  if (source.time === 'event')
    throw exists(
      `${folder} has ${counted(captures.length, 'capture')} already, and ${source.name} begins anew`,
    )
  if (earlier !== undefined && earlier.venue !== venue)
    throw exists(`${folder} has a recording of ${earlier.venue}, and this one is of ${venue}`)
  return earlier
}

function exists(what: string): OutcryError {
  return new OutcryError('RECORDING_EXISTS', what, 'Name another folder.')
}

/** Writes what the venue lists, beside the captures, so that they play back with the same rules. */
async function writeListing(
  folder: string,
  { market }: RunnerConfig,
  source: MarketSource,
  earlier: RecordedListing | undefined,
): Promise<void> {
  const place = venueAndSymbols(source)
  const instruments = adapterNamed(market.source).instruments?.(market, place) ?? []
  const listed =
    (await source.listing?.(AbortSignal.timeout(MINUTE_MS)).catch((error: Error) => {
      note(`the listing of ${source.name} is left out: ${error.message}`)
      return undefined
    })) ?? earlier?.listed
  // Captures of before may have other symbols.
  const bySymbol = new Map(
    [...(earlier?.instruments ?? []), ...instruments].map((instrument) => [instrument.symbol, instrument]),
  )
  const listing: RecordedListing = {
    version: 1,
    venue: place.venue,
    instruments: [...bySymbol.values()],
    ...(listed !== undefined && { listed: [...listed] }),
  }
  writeFileSync(join(folder, LISTING_FILE), `${JSON.stringify(listing, null, 2)}\n`)
}
