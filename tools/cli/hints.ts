/** What to do about errors whose own hint is for programs, at the command line. */

/** STATE_DIFFERS. */
export const WHY_STATES_DIFFER =
  'States differ where a machine reads a clock, random numbers or a variable outside, or was changed without a new version.'
