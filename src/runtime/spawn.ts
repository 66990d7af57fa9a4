/**
 * Starts a top actor. Resolves when its start is durable.
 * @throws KIND_UNKNOWN, ACTOR_EXISTS, OPTION_UNKNOWN, OPTION_INVALID, and the refusals of a turn
 */

import { OutcryError } from '../../errors/outcry-error.ts'
import { initOf } from './actors/signals.ts'
import { topCell } from './actors/top-cell.ts'
import { checkSendOptions, messageOf, type SendOptions } from './commit/intake.ts'
import type { Parts } from './parts.ts'
import type { Address } from './record/address.ts'

export async function spawnActor(
  { loop, residents, registry, scope, clock }: Parts,
  address: Address,
  input: unknown,
  options: SendOptions = {},
  size = 0,
): Promise<void> {
  checkSendOptions(options)
  const kind = registry.kind(address)
  const at = options.at ?? clock.now()
  const message = messageOf(address, initOf(input), at, size, options)
  await loop.request(message, options.lane ?? 'command', (turn) => {
    if (residents.find(address))
      throw new OutcryError('ACTOR_EXISTS', `${address} exists already`, 'Take another id, or send to it.')
    turn.spawn(topCell(scope, kind, address, input))
  })
}
