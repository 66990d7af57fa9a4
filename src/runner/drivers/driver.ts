/** What moves a run along: it feeds market and reports to venues and supervisor, in the time of the market. */
export interface Driver {
  /** Market messages that reached the runner in this run. */
  readonly messages: number
  /** Resolves when the market has ended, or `stop` was called. */
  run(): Promise<void>
  /** Takes no further message. */
  stop(): Promise<void>
  /** A port has handed its venue something, or a venue has reports of its own accord. */
  onRequest(): void
  /**
   * Calls back, once, at the next moment at which nothing is under way between runner and this venue: no request, no report, nothing
   * that a turn has asked for. What both have then is what both have. `venue`: the name that it gives itself.
   */
  whenQuiet(venue: string, answer: () => void): void
}
