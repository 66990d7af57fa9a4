import { z } from 'zod'
import { parseAddress } from '../../../../src/runtime/record/address.ts'
import { actorUnknown, notYet, placeOf, revAt, stateAt } from '../../places.ts'
import { address, place } from '../fields.ts'
import { tool } from '../tool.ts'

export const actor = tool({
  name: 'actor',
  title: 'An actor at a moment',
  description: 'Shows an actor, now or at a place of its past: state, context, timers, children, condition.',
  input: z.strictObject({ address, at: place.default('now') }),
  async answer(reader, { address, at }) {
    parseAddress(address)
    const view = await stateAt(reader, address, placeOf(at, 'at'), 'at')
    if (view !== undefined) return view
    throw (await revAt(reader, address, 'now')) === 0 ? actorUnknown(address, reader) : notYet(address, 'at')
  },
})
