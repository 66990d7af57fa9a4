/** Describes actors in quarantine for a start and for people. */

import { isOutcryError } from '../../../store/index.ts'
import type { Failure } from '../../api/contract/record.ts'
import { lastFailure } from '../../api/routes/failures.ts'
import type { SendOptions } from '../../runtime/commit/intake.ts'
import type { AnyEvent } from '../../runtime/record/record.ts'
import type { Supervisor } from '../../runtime/supervisor.ts'

/** @example { address: 'dip/btc', since: 1723161255343, why: 'failed on CANDLE_CLOSE: TypeError: no price' } */
export interface Quarantined {
  readonly address: string
  /** Epoch ms. */
  readonly since: number
  readonly why: string
}

/** Returns all actors in quarantine, in order of address. */
export async function quarantinedIn(supervisor: Supervisor): Promise<readonly Quarantined[]> {
  const found: Quarantined[] = []
  for (const { address, failures, at } of supervisor.quarantined) {
    const failure = await lastFailure(supervisor.history(address, { reverse: true }))
    found.push({ address, since: failure?.at ?? failures?.lastAt ?? at, why: whyText(failure) })
  }
  return found
}

export function whyText(failure: Pick<Failure, 'event' | 'message'> | undefined): string {
  return failure === undefined ? 'it has failed' : `failed on ${failure.event}: ${failure.message}`
}

/** Returns the command that releases an actor: `outcry release dip/btc`. */
export function releaseCommand(address: string, data: string): string {
  return `outcry release ${address}${data === 'data' ? '' : ` --data ${data}`}`
}

/** Returns a line for people: the actor, since when and why it is in quarantine, and how to release it. */
export function quarantineText({ address, since, why }: Quarantined, data: string): string {
  const what = `${address} is in quarantine since ${new Date(since).toISOString()} and takes no messages`
  return `${what}: it ${why}. Fix that, then: ${releaseCommand(address, data)}`
}

/** Sends to an actor, and returns whether it took the event. An actor in quarantine misses it, and the others start. */
export async function sendUnlessQuarantined(
  supervisor: Supervisor,
  to: string,
  event: AnyEvent,
  options: SendOptions = {},
): Promise<boolean> {
  try {
    await supervisor.send(to, event, options)
    return true
  } catch (error) {
    if (isOutcryError(error, 'ACTOR_QUARANTINED')) return false
    throw error
  }
}
