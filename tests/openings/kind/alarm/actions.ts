/** The actions of an alarm. */
import { assertEvent } from 'xstate'
import { acts } from '../kind/kind.ts'
import { symbolAddress } from '../model/addresses.ts'
import { type AlarmTypes, alarmDeclaration } from './declaration.ts'

const { action, emit, tell } = acts(alarmDeclaration, {} as AlarmTypes)

export const watch = action(({ context: { id }, event, enqueue }) => {
  assertEvent(event, 'SET_ALARM')
  const { at, venue, symbol, abovePx } = event
  enqueue.assign({ abovePx })
  enqueue(
    tell(symbolAddress(venue, symbol), {
      type: 'SUBSCRIBE',
      at,
      subscriber: `alarm/${id}`,
      intervals: ['1m'],
      updates: true,
    }),
  )
})

export const raiseAlarm = action(({ context: { abovePx }, event, enqueue }) => {
  assertEvent(event, 'CANDLE_UPDATE')
  const { at, venue, symbol, candle } = event
  enqueue(emit({ type: 'PRICE_ALARM', at, venue, symbol, px: candle.close, abovePx }))
})
