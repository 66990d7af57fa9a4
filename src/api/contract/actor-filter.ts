/** The filter of a list of actors: which of them a client wants. */
import { z } from 'zod'
import { time } from './fields.ts'

const TEXT_LENGTH_MAX = 256
const text = z.string().min(1).max(TEXT_LENGTH_MAX).optional()

/**
 * All fields must match.
 *
 * @example
 * { kind: 'order', state: 'filled', symbol: 'BTC/USDT' }
 */
export const actorFilter = z.strictObject({
  kind: z.string().optional().describe('only actors of this kind'),
  name: text.describe(
    'only actors whose address has this text in it, in either case; of several words, all of them',
  ),
  end: text.describe('only actors whose address ends so, such as `2-stop`'),
  state: text.describe(
    'only actors in this state: a name such as `filled`, or a path such as `execution.filled`',
  ),
  tag: text.describe('only actors in a state with this tag'),
  symbol: text.describe(
    'only actors of this symbol: `BTCUSDT` as its venue writes it, `sim:BTCUSDT` of one venue, or `BTC/USDT`',
  ),
  condition: z
    .enum(['quarantined', 'restarting', 'failing', 'failed', 'open', 'ended'])
    .optional()
    .describe(
      'only actors that are so: `failing` are those with a failure in the last hour, too; `failed` are those with an error, and orders that were rejected or denied; `open` are those that may still act',
    ),
  changedSince: time
    .optional()
    .describe(`only actors whose last record has this time or a later one: ${time.description}`),
})
export type ActorFilter = Readonly<z.output<typeof actorFilter>>
