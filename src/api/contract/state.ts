/** The state of a run as one document: accounts and strategies, all as of one seq. */
import { z } from 'zod'
import { account, decimal } from './answers.ts'
import { type Frozen, position, recordTime, seq, stateValue } from './fields.ts'

const cooldown = z.object({
  check: z.enum(['cooldown', 'stoplossGuard']).describe('the limit that sets it'),
  symbol: z.string().optional().describe('absent when it holds for all symbols'),
  until: recordTime,
})

const flag = z.object({
  symbol: z.string(),
  flag: z.string(),
  severity: z.string(),
  until: recordTime,
  reason: z.string(),
})

const openList = z.object({
  address: z.string(),
  symbol: z.string(),
  positionSide: z.string().optional(),
  contingencyType: z.string(),
  state: stateValue,
  orders: z.array(z.string()).describe('addresses of its working orders'),
})

const reconciliation = z.object({
  address: z.string(),
  state: stateValue,
  startedAt: recordTime.optional().describe('time at which the last one began'),
  completed: z
    .object({
      seq,
      at: recordTime,
      discrepancies: position.describe('differences that were left'),
      repaired: position.optional(),
    })
    .optional()
    .describe('the last one that was completed; absent when none is among its last records'),
})

const universe = z.object({
  address: z.string(),
  symbols: z.array(z.string()),
  filtered: z.record(z.string(), z.string()).describe('the filter that keeps each other symbol out'),
})

const accountState = account.extend({
  peakEquity: decimal,
  dailyLoss: decimal.describe('the loss of equity since midnight UTC; 0 when there is none'),
  realizedPnl: decimal.describe('of all its positions in its asset, before commissions'),
  funding: decimal.describe('received less paid, in its asset'),
  commissions: z.record(z.string(), z.string()).describe('charged so far, by asset'),
  consecutiveLosses: position.describe('losing trades in a row'),
  cooldowns: z.array(cooldown).describe('times in which nothing is entered'),
  flags: z.array(flag).describe('what news warns of'),
  lists: z.array(openList).describe('lists of orders that are not done'),
  reconciliation: reconciliation.optional(),
  universe: universe.optional(),
})

const strategyState = z.object({
  address: z.string(),
  seq: position,
  at: recordTime,
  state: stateValue,
  condition: z.string().optional().describe('`restarting` or `quarantined`: it takes no messages'),
  venue: z.string(),
  symbol: z.string(),
  interval: z.string(),
  regime: z.string().optional().describe('how it sees the market'),
  closeAt: recordTime.optional().describe('time at which its last candle closed'),
  cycles: position.describe('trades that it has completed'),
  trade: z
    .object({ list: z.string(), side: z.string(), quantity: decimal, realizedPnl: decimal })
    .optional()
    .describe('its last trade'),
})

const ledgerState = z.object({
  address: z.string(),
  seq: position,
  at: recordTime,
  entries: position.describe('the number of its entries'),
  lastSequenceNum: position.optional().describe('sequence_num of its last entry'),
  lastTimestamp: z.union([z.string(), z.number()]).optional().describe('timestamp of its last entry'),
})

/**
 * The state at one seq. What the log has no actors of is absent.
 *
 * @example
 * { seq: 1234, at: 1723161255343, asOf: 1723161255343, accounts: [{ address: 'account/sim', equity: '100012.5', ... }],
 *   strategies: [{ address: 'emaCross/btc', state: { mode: 'running', trade: 'flat' }, ... }], unreadable: [] }
 */
export const stateDocument = z.object({
  seq: position.describe('seq of the last record that counts; 0 before the first'),
  at: recordTime.optional().describe('time of that record'),
  asOf: recordTime
    .optional()
    .describe('time by which the day, the flags and the cooldowns are judged: the asked one, or the present'),
  accounts: z.array(accountState),
  strategies: z.array(strategyState),
  ledgers: z.array(ledgerState).optional().describe('imported ledgers; absent when there are none'),
  unreadable: z
    .array(z.object({ address: z.string(), code: z.string(), message: z.string() }))
    .describe('actors that the log has and that cannot be restored, so that they are missing above'),
})
export type StateDocument = Frozen<z.infer<typeof stateDocument>>
