/** The names of the profiles, which books and configurations have. */
export const PROFILE_NAMES = ['lenient', 'binance-spot', 'binance-usdm', 'binance-coinm'] as const
export type ProfileName = (typeof PROFILE_NAMES)[number]

/** The profile of new books where the configuration names none. */
export const DEFAULT_PROFILE: ProfileName = 'lenient'
/** The profile of books that were written before there were profiles. */
export const PROFILE_BEFORE: ProfileName = 'lenient'
