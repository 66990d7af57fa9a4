/** Closed candles of the past, from Binance's klines. */
import { z } from 'zod'
import type { Candle } from '../../../machines/events/candle.ts'
import { compare } from '../../../machines/model/decimal.ts'
import type { CandlesRequest } from '../adapter.ts'
import { exactDecimal, exactPositive } from '../exact-decimal.ts'
import { ask, read } from './rest.ts'

/** The largest number of candles in one answer, at every market. */
const COUNT_MAX = 1_000

const exact = (plain: (raw: unknown) => string | undefined, rule: string) =>
  z.string().transform((raw, context) => {
    const text = plain(raw)
    if (text === undefined) context.addIssue(rule)
    return text ?? z.NEVER
  })
const px = exact(exactPositive, 'a price above 0')
const quantity = exact(exactDecimal, 'a quantity from 0')
const time = z.int().nonnegative()

const kline = z
  .tuple([time, px, px, px, px, quantity, time])
  .rest(z.unknown())
  .refine(([, open, high, low, close]) => isWithin(open, low, high) && isWithin(close, low, high), {
    error: 'must open and close between its low and its high',
  })
  .transform(
    ([openAt, open, high, low, close, volume, closeAt]): Candle => ({
      openAt,
      closeAt,
      open,
      high,
      low,
      close,
      volume,
    }),
  )
const klines = z
  .array(kline)
  .refine((all) => all.every(({ openAt }, i) => i === 0 || openAt > (all[i - 1]?.closeAt ?? 0)), {
    error: 'must be in the order of their times',
  })

function isWithin(price: string, low: string, high: string): boolean {
  return compare(low, price) <= 0 && compare(price, high) <= 0
}

/** `api`: see `ask`. An interval without a trade has no candle, as it has none at a symbol here. @throws Refused, ... */
export async function klinesBefore(
  api: string,
  { symbol, interval, count, before }: CandlesRequest,
  signal: AbortSignal,
): Promise<readonly Candle[]> {
  // One more, for the last may be open still.
  const limit = Math.min(count + 1, COUNT_MAX)
  const query = new URLSearchParams({ symbol, interval, endTime: `${before - 1}`, limit: `${limit}` })
  const path = `klines?${query}`
  const closed = read(klines, await ask(api, path, signal), path).filter(
    ({ closeAt, volume }) => closeAt < before && volume !== '0',
  )
  return closed.slice(-count)
}
