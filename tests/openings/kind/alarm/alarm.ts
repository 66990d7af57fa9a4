import { setup } from 'xstate'
import type { z } from 'zod'
import { symbolAddress } from '../model/addresses.ts'
import * as decimal from '../model/decimal.ts'
import * as actions from './actions.ts'
import { type AlarmTypes, alarmDeclaration } from './declaration.ts'
import type { setAlarm } from './events.ts'

const machine = setup({
  types: {} as AlarmTypes,
  guards: {
    isAbove: ({ context, event }) =>
      event.type === 'CANDLE_UPDATE' && decimal.compare(event.candle.close, context.abovePx) > 0,
  },
  actions,
}).createMachine({
  id: 'alarm',
  version: '1',
  description: 'Watches the price of a symbol, and says once that it is above another one.',
  context: ({ input: { id } }) => ({ id, abovePx: decimal.ZERO }),
  on: { SET_ALARM: { target: '.waiting', actions: 'watch' } },
  initial: 'idle',
  states: {
    idle: {},
    waiting: { on: { CANDLE_UPDATE: { guard: 'isAbove', target: 'raised', actions: 'raiseAlarm' } } },
    raised: {},
  },
})

/** The registration of the kind. */
export const alarmKind = {
  ...alarmDeclaration,
  machine,
  /** An alarm is created when it is set. */
  activate: ({ type }: { type: string }, id: string) => (type === 'SET_ALARM' ? { id } : undefined),
  needs(command: { type: string }) {
    const { venue, symbol } = command as z.infer<typeof setAlarm>
    return { symbol: symbolAddress(venue, symbol) }
  },
}
