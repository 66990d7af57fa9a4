/** What to do about errors whose own hint is for programs, at the command line. */

/** KIND_UNKNOWN: nobody calls createSupervisor here. */
export const NAME_MACHINES =
  'Name the module of your machines: --machines machines.ts, with export const machines = { kind: machine }.'

/** STATE_DIFFERS. */
export const WHY_STATES_DIFFER =
  'States differ where a machine reads a clock, random numbers or a variable outside, or was changed without a new version.'
