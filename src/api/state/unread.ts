/** An actor that cannot be restored, as its last record has it. */
import { labelVersion } from '../../runtime/actors/registry.ts'
import { kindOf } from '../../runtime/record/address.ts'
import type { TransitionRecord } from '../../runtime/record/record.ts'
import type { ActorSummary } from '../contract/record.ts'

/** Returns an actor by the last of its records that counts. */
export function asRecorded(record: TransitionRecord): ActorSummary {
  const { actor, machine, to, status, rev, seq, at, event, child } = record
  const isFailed = event.type === 'outcry.failed' && event.directive.action === 'quarantine'
  return {
    address: actor,
    kind: kindOf(actor),
    machine,
    version: labelVersion(machine),
    path: child?.path ?? [],
    status: (status ?? 'active') as ActorSummary['status'],
    ...(isFailed && { condition: 'quarantined' as const }),
    value: to,
    tags: [],
    rev,
    seq,
    at,
  }
}
