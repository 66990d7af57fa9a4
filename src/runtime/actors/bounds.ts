/** What one actor may hold, and how much of actors is written together. Sizes are those of values.ts. */

/** Size of what an actor holds, see values.ts. */
export const HELD_MAX = 64 * 2 ** 20
/** By how much it may be more before it is measured again: an actor close to the bound is measured seldom, too. */
export const HELD_SLACK = 4 * 2 ** 20
/** What an actor may turn out to hold. */
export const HELD_AT_MOST = HELD_MAX + HELD_SLACK
/** Size of the messages kept for an actor that restarts. They are beside the sum: nobody fails by what others send. */
export const STASH_SIZE_MAX = 8 * 2 ** 20
/** Number of those messages. */
export const STASH_MAX = 1_000

/** Size of the snapshots written together; the last one may be as large as one can be. */
export const SNAPSHOTS_SIZE_MAX = 16 * 2 ** 20
