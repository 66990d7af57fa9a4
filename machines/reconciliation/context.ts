/** The context of a reconciliation. */
import type { z } from 'zod'
import type { Emitted } from '../kind/kind.ts'
import type { ReconciliationEvent, reconciliationDeclaration } from './declaration.ts'
import type { Difference, Reported } from './differences.ts'
import type { ReconciliationInput, reconciliationInput } from './reconciliation-input.ts'

export interface ReconciliationContext extends z.output<typeof reconciliationInput> {
  /** Time from which fills may be missing in our books, in epoch ms. */
  readonly since: number
  readonly startedAt: number
  /** The reason of the last request that came during a look. The next look begins as soon as this one is over. */
  readonly asked?: string | undefined
  /** The differences of the look before. A difference counts only if two looks find it. */
  readonly found: readonly Difference[]
  /** The balances and positions that the venue reported since the last comparison with the account's books. */
  readonly reported: Reported
}

export interface ReconciliationTypes {
  readonly input: ReconciliationInput
  readonly context: ReconciliationContext
  readonly events: ReconciliationEvent
  readonly emitted: Emitted<typeof reconciliationDeclaration>
}

export const NOTHING_REPORTED: Reported = { balances: {}, positions: {} }
