/**
 * Bounds on the size of one actor, and of the actors that are written together. Sizes are in the units of values.ts.
 */

/** Maximum size of one actor. A step that would make the actor larger is refused when the actor is measured. */
export const HELD_MAX = 64 * 2 ** 20
/** The growth after which an actor above that size is measured again. So an actor close to the bound is measured seldom. */
export const HELD_SLACK = 4 * 2 ** 20
/** The largest size that an actor can reach. */
export const HELD_AT_MOST = HELD_MAX + HELD_SLACK
/**
 * Maximum size of the messages stashed for an actor. They do not count above, so that others' messages fail no actor.
 */
export const STASH_SIZE_MAX = 8 * 2 ** 20
/** Maximum number of stashed messages. */
export const STASH_MAX = 1_000

/** Maximum size of the snapshots that are written together. The last one may have any size. */
export const SNAPSHOTS_SIZE_MAX = 16 * 2 ** 20
