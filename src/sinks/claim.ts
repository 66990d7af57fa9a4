/** The claim that a sink leaves in its target: whose events the target has, and which run of which log writes it. */
import { OutcryError } from '../../errors/outcry-error.ts'
import type { SinkPlace } from './sink.ts'

export type Claim = Pick<SinkPlace, 'name' | 'logId' | 'epoch' | 'run'>

/**
 * Checks the claim that a target has. A later start of the log takes the target over, and an earlier one that still
 * writes finds this out when its write is refused.
 * @throws SINK_FOREIGN
 */
export function checkClaim(found: Claim, at: Claim): void {
  if (found.logId !== at.logId)
    throw foreign(at, `has events of the log ${found.logId}, and this log is ${at.logId}`)
  if (found.name !== at.name) throw foreign(at, `belongs to the sink ${found.name}`)
  if (found.epoch > at.epoch || (found.epoch === at.epoch && found.run !== at.run))
    throw foreign(at, 'is written by another runner, which has a copy of this log or a later start of it')
}

/** Returns the refusal of a target, of which the text says what is wrong. */
export function foreign({ name }: Pick<Claim, 'name'>, text: string): OutcryError {
  return new OutcryError(
    'SINK_FOREIGN',
    `the target of the sink ${name} ${text}`,
    'Give each sink of each log a target of its own, or empty this one. Then restart the component.',
  )
}
