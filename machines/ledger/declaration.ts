/** The events that a ledger accepts and emits. */
import { importEntries, ledgerEntry } from '../events/ledger.ts'
import { type Accepted, declare } from '../kind/kind.ts'

export const ledgerDeclaration = declare({
  accepts: [importEntries],
  emits: [ledgerEntry],
  sends: {},
  commands: ['IMPORT_ENTRIES'],
})

export type LedgerEvent = Accepted<typeof ledgerDeclaration>
