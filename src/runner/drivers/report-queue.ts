import { type Delivery, deliveriesOf, type LinkFaults } from '../../adapters/transport/link-faults.ts'
import type { Venue } from '../../adapters/venue.ts'
import type { Address } from '../../runtime/record/address.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'

/** The venue's reports on their way to the runner, in the order of their arrival. */
export class ReportQueue {
  readonly #supervisor: Supervisor
  readonly #venue: Venue
  readonly #faults: LinkFaults | undefined
  readonly #underWay: Delivery[] = []
  /** The position of the last report that was sent on its way. */
  #read: number

  constructor(supervisor: Supervisor, venue: Venue, faults: LinkFaults | undefined) {
    this.#supervisor = supervisor
    this.#venue = venue
    this.#faults = faults
    this.#read = supervisor.cursor(venue.name)
    this.fill()
  }

  /** Sends the reports on their way that are durable at the venue. */
  fill(): void {
    for (const report of this.#venue.reportsAfter(this.#read)) {
      this.#read = report.position
      for (const delivery of deliveriesOf(report, this.#faults)) {
        const later = this.#underWay.findIndex(({ at }) => at > delivery.at)
        this.#underWay.splice(later < 0 ? this.#underWay.length : later, 0, delivery)
      }
    }
  }

  /** Returns when the next report arrives. */
  get nextAt(): number | undefined {
    return this.#underWay[0]?.at
  }

  /** Delivers the next report to its actor. A lost report is read and completes its intent, but has no content. */
  deliverNext(): void {
    const delivery = this.#underWay.shift()
    if (delivery === undefined) return
    const { at, report: of, as } = delivery
    const { position, actor, report, completes, ref } = of
    const answers = ref && { cause: ref.seq, correlation: ref.correlation }
    const options = { at, lane: 'execution', ...answers } as const
    // A late or repeated report has no position, because its position is read already.
    const isNext = as !== 'again' && { origin: { source: this.#venue.name, position }, completes }
    const event = as === 'lost' ? { type: 'REPORT_LOST', at } : { ...report, at }
    this.#supervisor.tell(actor as Address, event, { ...options, ...isNext })
  }

  /** Returns whether all reports of the venue have arrived. */
  get isEmpty(): boolean {
    return this.#underWay.length === 0 && this.#venue.reportsAfter(this.#read).length === 0
  }
}
