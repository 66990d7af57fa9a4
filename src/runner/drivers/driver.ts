/** Drives a run: feeds market messages and reports to the venues and the supervisor, in the time of the market. */
export interface Driver {
  /** The number of market messages that reached the runner in this run. */
  readonly messages: number
  /** Resolves when the market has ended, or `stop` was called. */
  run(): Promise<void>
  /** Stops: takes no further message. */
  stop(): Promise<void>
  /** Looks for what a port has given its venue, and for reports that a venue has by itself. Called when there is some. */
  lookAtVenues(): void
  /**
   * Calls `answer` once, at the next moment when nothing is under way between the runner and this venue: no request, no
   * report, no intent of a turn. At that moment the state of both sides can be compared. `venue` is the venue's own
   * name.
   */
  whenQuiet(venue: string, answer: () => void): void
}
