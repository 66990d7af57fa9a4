/** Logs the events that a person should see while a run goes on, and not only in the log afterwards. */
import { type DomainEvent, sentenceOf } from '../../../machines/index.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { AnyEvent, TransitionRecord } from '../../runtime/record/record.ts'

const ALERTS: ReadonlySet<string> = new Set<DomainEvent['type']>([
  'CIRCUIT_BREAKER_TRIGGERED',
  'MANUAL_REVIEW_REQUIRED',
  'TRADING_BLOCKED',
  'ACCOUNT_NOT_FLAT',
  'POSITION_NOT_CLOSED',
  'PROTECTIVE_ORDERS_MISSING',
  'RECONCILIATION_COMPLETED',
  'ORDER_DISCREPANCY',
  'ORDER_REJECTED',
])

export function alert({ actor, seq, correlation, emitted = [] }: TransitionRecord, logger: Logger): void {
  for (const event of emitted) {
    const text = ALERTS.has(event.type) && !isFine(event) ? sentenceOf(event) : undefined
    if (text !== undefined) logger.warn({ actor, seq, correlation }, text)
  }
}

function isFine(event: AnyEvent): boolean {
  return event.type === 'RECONCILIATION_COMPLETED' && event.discrepancies === 0
}
