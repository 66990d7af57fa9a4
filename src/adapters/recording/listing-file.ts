/** The listing of a recorded market: a file beside its captures. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { OutcryError } from '../../../errors/outcry-error.ts'
import { listedInstrument } from '../../../machines/events/universe.ts'
import { instrument } from '../../../machines/index.ts'

export const LISTING_FILE = 'listing.json'

const listing = z.strictObject({
  version: z.literal(1),
  venue: z.string(),
  /** The rules of the recorded symbols. */
  instruments: z.array(instrument),
  /** The instruments that the venue listed. */
  listed: z.array(listedInstrument).optional(),
})
export type RecordedListing = z.output<typeof listing>

/** Returns the listing beside the first capture; undefined where there is none. @throws RECORDING_UNREADABLE */
export function listingBeside([first]: readonly string[]): RecordedListing | undefined {
  if (first === undefined) return undefined
  const file = join(dirname(first), LISTING_FILE)
  if (!existsSync(file)) return undefined
  try {
    return listing.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new OutcryError(
      'RECORDING_UNREADABLE',
      `${file} is no listing of a recording`,
      'Remove it, or take it from where the captures were recorded.',
      { cause },
    )
  }
}
