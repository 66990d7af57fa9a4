/** What the records of `system/clock` say. */

/** The system clock was set. */
export interface ClockJump {
  /** By how much; negative when it was set back. */
  readonly byMs: number
  /** By how much the time of the log moves on with it: 0 when that is ahead of the system's clock. */
  readonly forwardMs: number
}

/** What a clock has to know at the next start in the same boot. */
export interface ClockState {
  /** Names the boot; empty where the system does not: there, a restart counts as one after a boot. */
  readonly boot: string
  /** Time of the log, and of the system's clock, less the time since the boot. */
  readonly offsetMs: number
  readonly wallOffsetMs: number
}
