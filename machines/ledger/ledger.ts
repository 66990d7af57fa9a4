import { setup } from 'xstate'
import * as actions from './actions.ts'
import type { LedgerInput, LedgerTypes } from './context.ts'
import { ledgerDeclaration } from './declaration.ts'

export const ledgerMachine = setup({ types: {} as LedgerTypes, actions }).createMachine({
  id: 'ledger',
  version: '1',
  description: 'A ledger of another program, whose entries are imported. It does nothing but emit them.',
  context: ({ input: { name } }) => ({ name, entries: 0 }),
  initial: 'open',
  states: {
    open: { on: { IMPORT_ENTRIES: { actions: 'importEntries' } } },
  },
})

/** The kind, as it is registered. */
export const ledgerKind = {
  ...ledgerDeclaration,
  machine: ledgerMachine,
  activate: (event: { type: string }, id: string): LedgerInput | undefined =>
    event.type === 'IMPORT_ENTRIES' ? { name: id } : undefined,
  holds: () => 'it only records the entries',
}
