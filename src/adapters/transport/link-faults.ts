/** The faults of the link that carries a venue's reports. They are the same for the same seed, whatever else happens. */
import { z } from 'zod'
import { durationMs } from '../../../machines/model/fields.ts'
import type { VenueReport } from '../venue.ts'
import { Random } from './random.ts'

const share = z.number().min(0).max(1)

export const linkFaults = z.strictObject({
  seed: z.number().int().nonnegative().default(1).describe('The same seed gives the same faults.'),
  drop: share.default(0).describe('The share of reports that never come.'),
  duplicate: share.default(0).describe('The share of reports that come twice.'),
  delay: share.default(0).describe('The share of reports that come late.'),
  delayMaxMs: durationMs
    .default(5_000)
    .describe('The largest delay of a late report, in ms. It holds for the second of two reports, too.'),
  reject: share.default(0).describe('The share of orders that the venue refuses.'),
  disconnectEveryMs: durationMs
    .optional()
    .describe('The connection is lost once in this time, in ms. Reports of that time never come.'),
  disconnectForMs: durationMs.default(10_000).describe('The length of each loss of the connection, in ms.'),
})
export type LinkFaults = z.infer<typeof linkFaults>

/** A report on its way. */
export interface Delivery {
  readonly at: number
  readonly report: VenueReport
  /** `lost`: it counts as read, and that is all. `again`: one that comes late, or a second time. */
  readonly as: 'report' | 'lost' | 'again'
}

/** Returns the deliveries that a faulty link makes of one report. */
export function deliveriesOf(report: VenueReport, faults: LinkFaults | undefined): readonly Delivery[] {
  const { at } = report
  const whole: Delivery = { at, report, as: 'report' }
  if (faults === undefined) return [whole]
  const random = new Random(faults.seed * 1_000_003 + report.position)
  const dice = random.next()
  const lateAt = at + Math.ceil(random.next() * faults.delayMaxMs)
  const { drop, duplicate, delay } = faults
  if (isAway(at, faults) || dice < drop) return [{ at, report, as: 'lost' }]
  if (dice < drop + duplicate) return [whole, { at: lateAt, report, as: 'again' }]
  if (dice < drop + duplicate + delay)
    return [
      { at, report, as: 'lost' },
      { at: lateAt, report, as: 'again' },
    ]
  return [whole]
}

function isAway(at: number, { disconnectEveryMs, disconnectForMs }: LinkFaults): boolean {
  return disconnectEveryMs !== undefined && at % disconnectEveryMs < disconnectForMs
}

/** Returns whether the venue refuses the order of this id. */
export function isRefused(clOrdId: string, { seed, reject }: LinkFaults): boolean {
  let hash = seed
  for (const letter of clOrdId) hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) >>> 0
  return new Random(hash).next() < reject
}
