/** Hints of the command line for errors whose own hint is for programs. */

/** Hint for STATE_DIFFERS. */
export const WHY_STATES_DIFFER =
  'States differ when a machine reads a clock, random numbers or an outside variable, or when it was changed without a new version.'
