/** The actions of a ledger. */
import { compact } from '../../errors/compact.ts'
import type { LedgerEntry } from '../events/ledger.ts'
import { acts } from '../kind/kind.ts'
import { name as nameField } from '../model/fields.ts'
import type { LedgerTypes } from './context.ts'
import { ledgerDeclaration } from './declaration.ts'

const { action, emit } = acts(ledgerDeclaration, {} as LedgerTypes)

/** Fields of a payload by which events are found, where it has them. */
const PLACES = ['venue', 'symbol', 'strategy'] as const

/** Emits each entry behind the last one. */
export const importEntries = action(({ context, event: { at, entries: given }, enqueue }) => {
  let { last, entries } = context
  for (const entry of given) {
    if (last !== undefined && entry.sequenceNum <= last.sequenceNum) continue
    const { sequenceNum, eventId, timestamp } = entry
    last = { sequenceNum, eventId, timestamp }
    entries++
    enqueue(emit({ type: 'LEDGER_ENTRY', at, ledger: context.name, ...entry, ...placesOf(entry) }))
  }
  enqueue.assign({ entries, ...(last !== undefined && { last }) })
})

function placesOf({ payload }: LedgerEntry): { venue?: string; symbol?: string; strategy?: string } {
  const fields = Object(payload) as Readonly<Record<string, unknown>>
  return compact(
    Object.fromEntries(
      PLACES.map((key) => [
        key,
        Object.hasOwn(fields, key) ? nameField.safeParse(fields[key]).data : undefined,
      ]),
    ),
  )
}
