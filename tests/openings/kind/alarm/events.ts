/** Events of alarms. */
import { z } from 'zod'
import { event, ofSymbol } from '../events/shape.ts'
import { epochMs, name, positive } from '../model/fields.ts'

export const setAlarm = z
  .object({
    type: z.literal('SET_ALARM'),
    at: epochMs,
    venue: name.describe('The venue of the symbol.'),
    symbol: name.describe('The symbol whose price is watched.'),
    abovePx: positive.describe('A trade at a higher price raises the alarm.'),
  })
  .describe('Watches a price.')
  .meta({ examples: [{ venue: 'sim', symbol: 'BTCUSDT', abovePx: '65000' }] })

export const priceAlarm = event('PRICE_ALARM', {
  ...ofSymbol,
  px: positive.describe('The price that raised the alarm.'),
  abovePx: positive,
}).describe('A symbol has traded above the price of an alarm.')
