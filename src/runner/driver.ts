import type { Delivery } from '../ports/link-faults.ts'
import type { Address } from '../runtime/address.ts'
import type { Supervisor } from '../runtime/supervisor.ts'

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
}

/** A report reaches the actor that it is about; one that was lost is read, settles what it answered, and says no more. */
export function tellReport(supervisor: Supervisor, venue: string, { at, report, as }: Delivery): void {
  const { position, actor, settles, ref } = report
  const origin = { source: venue, position }
  const to = actor as Address
  const answers = ref && { cause: ref.seq, correlation: ref.correlation }
  const options = { at, lane: 'execution', ...answers } as const
  if (as === 'again') supervisor.tell(to, { ...report.report, at }, options)
  else if (as === 'report') supervisor.tell(to, { ...report.report, at }, { ...options, origin, settles })
  else supervisor.tell(to, { type: 'REPORT_LOST', at }, { ...options, origin, settles })
}
