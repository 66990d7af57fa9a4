/** What moves a run along: it feeds market and reports to venue and supervisor, in the time of the market. */
export interface Driver {
  /** Market messages that reached the runner in this run. */
  readonly messages: number
  /** Resolves when the market has ended, or `stop` was called. */
  run(): Promise<void>
  /** Takes no further message. */
  stop(): Promise<void>
  /** The port has handed the venue something. */
  onRequest(): void
  /** Resolves when what the venue has reported up to now has reached the runner. */
  reportsCome(): Promise<void>
}
