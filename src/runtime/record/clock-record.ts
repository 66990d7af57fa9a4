/** The contents of the records of `system/clock`. */

/** A change of the system clock. */
export interface ClockJump {
  /** The size of the change, in ms. Negative when the clock was set back. */
  readonly byMs: number
  /** The time by which the log's time moves forward with the clock, in ms. 0 when the log's time is ahead of the clock. */
  readonly forwardMs: number
}

/** The state that a clock needs at the next start in the same boot. */
export interface ClockState {
  /** The name of the boot. Empty when the system gives none: then each start counts as the first one after a boot. */
  readonly boot: string
  /** The time of the log, and that of the system's clock, each minus the time since the boot. */
  readonly offsetMs: number
  readonly wallOffsetMs: number
}
