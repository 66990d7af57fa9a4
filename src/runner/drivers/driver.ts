/** What moves a run along: it feeds market and reports to venue and supervisor, in the time of the market. */
export interface Driver {
  /** Market messages that reached the runner in this run. */
  readonly messages: number
  /** Resolves when the market has ended, or `stop` was called. */
  run(): Promise<void>
  /** Takes no further message. */
  stop(): Promise<void>
  /** The port has handed the venue something, or the venue has reports of its own accord. */
  onRequest(): void
  /**
   * Calls back, once, at the next moment at which nothing is under way between runner and venue: no request, no report, nothing that a
   * turn has asked for. What both have then is what both have.
   */
  whenQuiet(answer: () => void): void
}
