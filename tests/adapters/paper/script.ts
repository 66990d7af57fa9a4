/** A market and requests without end, the same at every run: what happens at a step follows from its number alone. */
import type { MarketEvent } from '../../../machines/index.ts'
import type { PaperVenue } from '../../../src/adapters/paper/venue.ts'
import { header, message, order, type Terms } from './desk.ts'

const STEP_MS = 7

/** Numbers below `below` that look random and are not. */
const pick = (step: number, salt: number, below: number) =>
  (Math.imul((step + 1) * 2654435761 + salt * 40503, 2246822519) >>> 8) % below

export function performStep(venue: PaperVenue, step: number): void {
  const at = 1_000 + step * STEP_MS
  venue.onMarket(message(step + 1, marketAt(step, at)))
  if (pick(step, 1, 4) === 0) venue.place({ ...orderAt(step), ...header(`o${step}`, at) })
  if (pick(step, 2, 9) === 0) {
    const origClOrdId = `o${step - 1 - pick(step, 3, 12)}`
    venue.cancel({ type: 'CANCEL_ORDER', origClOrdId, ...header(`k${step}`, at) })
  }
  if (pick(step, 13, 7) === 0) {
    const origClOrdId = `o${step - 1 - pick(step, 14, 12)}`
    const prices = { price: String(99 + pick(step, 15, 9)), stopPx: String(99 + pick(step, 16, 9)) }
    const orderQty = String(1 + pick(step, 17, 8))
    venue.replace({ type: 'REPLACE_ORDER', origClOrdId, orderQty, ...prices, ...header(`r${step}`, at) })
  }
}

function marketAt(step: number, at: number): MarketEvent {
  const px = 100 + pick(step, 4, 7)
  const qty = String(1 + pick(step, 5, 5))
  if (pick(step, 6, 3) === 0) {
    const aggressor = pick(step, 7, 2) === 0 ? 'BUY' : 'SELL'
    return { type: 'TRADE', at, tradeId: `${step}`, px: String(px), qty, aggressor }
  }
  return { type: 'QUOTE', at, bid: String(px), bidSize: qty, ask: String(px + 1), askSize: qty }
}

function orderAt(step: number): Terms {
  const px = String(99 + pick(step, 8, 9))
  return order({
    side: pick(step, 9, 2) === 0 ? 'BUY' : 'SELL',
    orderQty: String(1 + pick(step, 10, 6)),
    timeInForce: (['GTC', 'GTC', 'IOC', 'FOK'] as const)[pick(step, 11, 4)],
    ...([{ ordType: 'MARKET' }, { ordType: 'LIMIT', price: px }, { ordType: 'STOP', stopPx: px }] as const)[
      pick(step, 12, 3)
    ],
  })
}
