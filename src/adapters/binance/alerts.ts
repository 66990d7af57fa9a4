/** The warnings of the futures that no order or balance has. */
import { z } from 'zod'
import {
  accountAddress,
  holdingName,
  type Reconcile,
  type ReportError,
  RUNNER,
  reconciliationAddress,
} from '../../../machines/index.ts'
import { epochMs } from '../../../machines/model/fields.ts'
import { amount, id, positionSide } from './fields.ts'

export interface Alert {
  readonly to: string
  readonly event: ReportError | Reconcile
}

export const marginCall = z.object({
  E: epochMs,
  p: z.array(
    z.object({
      s: z.string(),
      ps: positionSide,
      /** Quantity. */
      pa: amount,
      /** Mark price. */
      mp: amount,
      /** Maintenance margin. */
      mm: amount,
    }),
  ),
})

export function marginAlert({ E: at, p }: z.infer<typeof marginCall>, venue: string): Alert {
  const held = p.map(
    ({ s: symbol, ps, pa, mp, mm }) => `${pa} ${holdingName({ symbol, ...ps })} at ${mp} need ${mm}`,
  )
  const text = `margin call: ${held.join(', ')}`
  return {
    to: RUNNER,
    event: { type: 'REPORT_ERROR', at, severity: 'error', text, about: accountAddress(venue) },
  }
}

/** The warning of an order that is gone without a report of its own. */
export const triggerReject = z.object({ E: epochMs, or: z.object({ s: z.string(), i: id, r: z.string() }) })

/** Returns the alert of a trigger that was refused. It has no ClOrdID. The absence of the order at the venue says which one it is. */
export function triggerAlert({ E: at, or }: z.infer<typeof triggerReject>, venue: string): Alert {
  const reason = `${or.s} order ${or.i} was refused when it was triggered: ${or.r}`
  return { to: reconciliationAddress(venue), event: { type: 'RECONCILE', at, reason } }
}
