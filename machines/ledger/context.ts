/** The context of a ledger. It keeps the last entry alone, so its size does not grow with its history. */
import type { Emitted } from '../kind/kind.ts'
import type { LedgerEvent, ledgerDeclaration } from './declaration.ts'

export interface LedgerInput {
  readonly name: string
}

export interface LedgerContext extends LedgerInput {
  /** Number of its entries. */
  readonly entries: number
  /** The last entry. Absent before the first. */
  readonly last?: {
    readonly sequenceNum: number
    readonly eventId: string
    readonly timestamp: string | number
  }
}

export interface LedgerTypes {
  readonly input: LedgerInput
  readonly context: LedgerContext
  readonly events: LedgerEvent
  readonly emitted: Emitted<typeof ledgerDeclaration>
}
