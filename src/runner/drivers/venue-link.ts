/**
 * Links the runner to one of its venues: keeps the reports on their way, and the callers that wait until nothing is
 * under way.
 */
import type { LinkFaults } from '../../adapters/transport/link-faults.ts'
import type { Venue } from '../../adapters/venue.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'
import { ReportQueue } from './report-queue.ts'

/** A venue of a run, as its driver gets it. */
export interface DrivenVenue<V extends Venue = Venue> {
  readonly venue: V
  /** The faults on the way from the venue. */
  readonly faults?: LinkFaults | undefined
}

export class VenueLink<V extends Venue = Venue> {
  readonly venue: V
  readonly reports: ReportQueue
  #asking: (() => void)[] = []

  constructor(supervisor: Supervisor, { venue, faults }: DrivenVenue<V>) {
    this.venue = venue
    this.reports = new ReportQueue(supervisor, venue, faults)
  }

  /** Returns whether no request and no report is on its way between the two. */
  get isQuiet(): boolean {
    const { venue, reports } = this
    return !venue.dirty && venue.simulation?.arrivesAt === undefined && reports.isEmpty
  }

  /**
   * Returns when something happens here by itself, epoch ms: at a simulator, or because a report arrives. Infinity:
   * never.
   */
  get nextAt(): number {
    const atVenue = this.venue.simulation?.nextAt ?? Infinity
    const report = this.reports.nextAt ?? Infinity
    return Math.min(atVenue, report)
  }

  /** Adds a callback for the next quiet moment. */
  ask(answer: () => void): void {
    this.#asking.push(answer)
  }

  get isAsked(): boolean {
    return this.#asking.length > 0
  }

  /** Calls all callbacks, once each. */
  answer(): void {
    for (const answer of this.#asking.splice(0)) answer()
  }
}

/** Returns the link to the venue of this name. A name that no venue has is a fault of the program. */
export function linkTo<V extends Venue>(links: readonly VenueLink<V>[], venue: string): VenueLink<V> {
  const link = links.find((one) => one.venue.name === venue)
  if (link === undefined) throw new Error(`the run has no venue ${venue}`)
  return link
}
