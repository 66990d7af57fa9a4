/** The warnings and the news of an account that no order or balance has. */
import { z } from 'zod'
import {
  accountAddress,
  holdingName,
  type ReportError,
  RUNNER,
  type VenueNotice,
} from '../../../machines/index.ts'
import { epochMs } from '../../../machines/model/fields.ts'
import { amount, positionSide } from './fields.ts'

export interface Alert {
  readonly to: string
  readonly event: ReportError | VenueNotice
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

/** Any message that is told as it is. */
export const notice = z.looseObject({ e: z.string(), E: epochMs })

/** Returns the news of a message with its fields, but for lists of parts: of those the account has reports. */
export function noticeOf(message: z.infer<typeof notice>, venue: string): Alert {
  const { e: kind, E: at, ...rest } = message
  const fields = Object.fromEntries(fieldsIn(rest))
  const symbol = ['ac.s', 'gu.s', 'su.s'].map((name) => fields[name]).find((name) => name !== undefined)
  const of = { at, venue, ...(symbol !== undefined && { symbol }), kind, fields }
  return { to: accountAddress(venue), event: { type: 'VENUE_NOTICE', ...of } }
}

function fieldsIn(part: object, before = ''): (readonly [string, string])[] {
  return Object.entries(part).flatMap(([name, value]) => {
    if (Array.isArray(value) || value === null) return []
    const full = `${before}${name}`
    return typeof value === 'object' ? fieldsIn(value, `${full}.`) : [[full, String(value)] as const]
  })
}
