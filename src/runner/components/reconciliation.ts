/** Compares the venue's state with the account's: at the start, and repeatedly by the timers of its actor. */
import { reconciliationAddress } from '../../../machines/index.ts'
import { sendUnlessQuarantined } from '../actors/quarantine.ts'
import type { Component } from '../component.ts'
import type { Run } from '../run.ts'
import { RECONCILIATION, RUNNER, venueNames } from './names.ts'

export function reconciliation(run: Run): readonly Component[] {
  const start = async () => {
    const [supervisor, { at }] = [run.get('supervisor'), run.get('boot')]
    const reconcile = { type: 'RECONCILE', at, reason: 'start' }
    for (const venue of venueNames(run))
      await sendUnlessQuarantined(supervisor, reconciliationAddress(venue), reconcile, { at })
  }
  return [{ name: RECONCILIATION, needs: [RUNNER], start }]
}
