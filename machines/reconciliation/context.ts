/** What a reconciliation knows. */
import type { z } from 'zod'
import type { Emitted } from '../kind/kind.ts'
import type { ReconciliationEvent, reconciliationDeclaration } from './declaration.ts'
import type { Difference, Reported } from './differences.ts'
import type { ReconciliationInput, reconciliationInput } from './reconciliation-input.ts'

export interface ReconciliationContext extends z.output<typeof reconciliationInput> {
  /** Fills from this time on may be missing here, in epoch ms. */
  readonly since: number
  readonly startedAt: number
  /** At the look before: of the differences of a look those count that were there at the one before it. */
  readonly found: readonly Difference[]
  /** Since it was last held against the account's books. */
  readonly reported: Reported
}

export interface ReconciliationTypes {
  readonly input: ReconciliationInput
  readonly context: ReconciliationContext
  readonly events: ReconciliationEvent
  readonly emitted: Emitted<typeof reconciliationDeclaration>
}

export const NOTHING_REPORTED: Reported = { balances: {}, positions: {} }
