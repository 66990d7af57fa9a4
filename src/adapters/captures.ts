/**
 * The one list of what captures can be read. It is not in the registry of adapters: `recording`, which reads captures, is an adapter
 * itself, so it and the registry would import each other.
 */
import { binanceCaptures } from './binance/captures.ts'
import type { CaptureFormat } from './capture-format.ts'
import { simCaptures } from './sim/captures.ts'

/** The first is meant where a capture tells nothing. */
export const CAPTURE_FORMATS: readonly [CaptureFormat, ...CaptureFormat[]] = [binanceCaptures, simCaptures]

/** Every venue whose captures can be read, as addresses name it. */
export const CAPTURED_VENUES: readonly string[] = CAPTURE_FORMATS.flatMap(({ venues }) => venues)

/** Returns how captures of a venue are read; undefined when they cannot be. */
export function formatOfVenue(venue: string): CaptureFormat | undefined {
  return CAPTURE_FORMATS.find(({ venues }) => venues.includes(venue))
}
