/** Recordings as an adapter. */
import { z } from 'zod'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { defineAdapter } from '../adapter.ts'
import { CAPTURED_VENUES, formatOfVenue } from '../captures.ts'
import { speed } from '../config-fields.ts'
import type { MarketSource } from '../market-source.ts'
import { listingBeside } from './listing-file.ts'
import { openRecording, SAMPLE, SAMPLE_ASSETS } from './recording.ts'

const config = z.strictObject({
  files: z
    .array(z.string(), 'name at least one file: --file capture.ws.gz')
    .min(1, 'name at least one file')
    .optional()
    .describe(
      'Captures of the combined streams of Binance, or of what `outcry record` has written. They are merged by time. Paths start at the working directory. A file is plain text or `.gz`. A line is `<time> <json>` with the time of receipt in ns since 1970, or `<time>: <json>` in seconds with a fraction, as cryptofeed writes it. The default is a minute of two spot markets, which comes with outcry.',
    ),
  venue: z
    .enum(CAPTURED_VENUES)
    .optional()
    .describe(
      'The venue that was recorded. By default the messages tell it: spot and futures share the names of their streams, but not all fields.',
    ),
  speed: speed.default('max'),
})

export const recording = defineAdapter({
  name: 'recording',
  about: 'Recorded captures of a market.',
  config,
  instruments({ files }, place) {
    const listed = files && listingBeside(files)
    if (listed?.venue === place.venue) return listed.instruments
    const known = formatOfVenue(place.venue)?.instruments(place) ?? []
    return files === undefined ? known.map((one) => ({ ...one, ...SAMPLE_ASSETS[one.symbol] })) : known
  },
  market: {
    impliedBy: 'files',
    folder: 'data-recording',
    identity: ({ files = SAMPLE }) => ({ files }),
    speed: ({ speed }) => speed,
    async open({ files = SAMPLE, venue }, { logger }) {
      const source = await openRecording({
        files,
        venue,
        onWarning: (warning) => logger.warn(warning, `${warning.file}:${warning.line}: ${warning.reason}`),
      })
      if (source.instruments.length > 0) return withListing(source, files)
      throw new OutcryError(
        'CONFIG_INVALID',
        `market.files: ${source.name} has no symbol`,
        'Give a capture with trades, quotes or depth of a symbol.',
      )
    },
  },
})

/** Returns the recording with the listing beside it, where there is one. */
function withListing(source: MarketSource, files: readonly string[]): MarketSource {
  const { listed } = listingBeside(files) ?? {}
  return listed === undefined ? source : Object.assign(source, { listing: async () => listed })
}
