/** The upgrades from earlier versions. */
import { asItIs } from '../kind/kind.ts'
import type { ReconciliationContext2 } from './version-2.ts'

export interface PastReconciliation {
  readonly value: unknown
  readonly context: unknown
}

/** New states by old ones. Version 2 repaired after its first look, so its second look becomes the verdict. */
const STATES: Readonly<Record<string, string>> = { settling: 'repairing', secondLook: 'verdict' }

export const fromVersion2 = {
  from: '2',
  to: '3',
  migrate: ({ value, context }: PastReconciliation) => {
    const { state: _, ...rest } = context as ReconciliationContext2
    const states = Object.entries(STATES).map(([old, is]) => [
      `reconciliation.${old}`,
      `reconciliation.${is}`,
    ])
    return { value: STATES[String(value)] ?? value, context: rest, states: Object.fromEntries(states) }
  },
}

/** The upgrade from version 3, which called a state `hearing`. The timer of that state goes on. */
export const fromVersion3 = {
  from: '3',
  to: '4',
  migrate: ({ value, context }: PastReconciliation) => ({
    value: value === 'hearing' ? 'awaitingReports' : value,
    context,
    states: { 'reconciliation.hearing': 'reconciliation.awaitingReports' },
  }),
}

/** The upgrade from version 4, which did not hear what came during a look. */
export const fromVersion4 = { from: '4', to: '5', migrate: asItIs }
