/** The events that an alarm takes, emits and sends. */
import { candleClose, candleUpdate, subscribe } from '../events/candle.ts'
import { type Accepted, declare, type Emitted } from '../kind/kind.ts'
import { priceAlarm, setAlarm } from './events.ts'

export const alarmDeclaration = declare({
  accepts: [setAlarm, candleUpdate, candleClose],
  ignores: ['CANDLE_CLOSE'],
  emits: [priceAlarm],
  sends: { symbol: [subscribe] },
  commands: ['SET_ALARM'],
})

export interface AlarmContext {
  readonly id: string
  readonly abovePx: string
}

export interface AlarmTypes {
  readonly input: Pick<AlarmContext, 'id'>
  readonly context: AlarmContext
  readonly events: Accepted<typeof alarmDeclaration>
  readonly emitted: Emitted<typeof alarmDeclaration>
}
