/** The profiles by name. */
import type { VenueProfile } from '../engine/profile.ts'
import type { ProfileName } from '../engine/profile-name.ts'
import { BINANCE_COINM } from './binance-coinm.ts'
import { BINANCE_SPOT } from './binance-spot.ts'
import { BINANCE_USDM } from './binance-usdm.ts'
import { LENIENT } from './lenient.ts'

export const PROFILES: Readonly<Record<ProfileName, VenueProfile>> = {
  lenient: LENIENT,
  'binance-spot': BINANCE_SPOT,
  'binance-usdm': BINANCE_USDM,
  'binance-coinm': BINANCE_COINM,
}
