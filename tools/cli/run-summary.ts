/** Makes the summary that `outcry run` prints at its end. */

import { type Quarantined, releaseCommand } from '../../src/runner/actors/quarantine.ts'
import type { AccountStats } from '../../src/runner/reports/stats.ts'
import type { RunningRunner } from '../../src/runner/runner.ts'
import { colors } from './colors.ts'
import { counted, countText, moneyText, timeText } from './format.ts'

export interface Summary extends ReturnType<RunningRunner['stats']> {
  readonly market: string
  /** Folder of the log. */
  readonly data: string
  readonly counts: Readonly<Record<string, number>>
  /** Number of refused market messages, by reason. */
  readonly refused: Readonly<Record<string, number>>
  readonly messages: number
  readonly seconds: number
  readonly committed: number
  /** True when the market has ended. Otherwise a person has stopped the run. */
  readonly isOver?: boolean
  /** The actors in quarantine, with the time and the reason. */
  readonly failed?: readonly Quarantined[]
}

export function summaryText(s: Summary): string {
  const rows: readonly (readonly [name: string, text: string])[] = [
    ['market', s.market],
    ['read', readText(s)],
    ...countedRows('refused', s.refused, 'message', ''),
    [
      'records',
      `${countText(s.committed)} committed in ${s.seconds.toFixed(1)} s, ${countText(Math.round(s.committed / s.seconds))} a second; the log has ${countText(s.records)}`,
    ],
    ['orders', `${countText(s.ordersSubmitted)} submitted, ${counted(s.fills, 'fill')}`],
    ...countedRows('denied', s.denied, 'order', ' by the risk gate'),
    ...s.accounts.flatMap((account) => accountRows(account, s.accounts.length > 1)),
    ...quarantinedRows(s),
  ]
  return rows.map(([name, text]) => `${name.padEnd(10)} ${text}`).join('\n')
}

/** Returns the rows of an account. Those of several venues name their venue. */
function accountRows(account: AccountStats, isNamed: boolean) {
  const { venue, positions, realizedPnl, unrealizedPnl, commissions, equity } = account
  const held = positions.map(({ symbol, quantity, avgPx }) => `${quantity} ${symbol} at ${moneyText(avgPx)}`)
  const earned = `${moneyText(realizedPnl)} realised, ${moneyText(unrealizedPnl)} unrealised`
  const rows = [
    ['positions', held.length === 0 ? 'flat' : held.join(', ')],
    ['PnL', `${earned}, ${moneyText(commissions)} commissions`],
    ['equity', moneyText(equity)],
  ] as const
  return rows.map(([name, text]) => [name, isNamed ? `${venue}: ${text}` : text] as const)
}

function readText({ counts, marketRecords, data, isOver }: Summary): string {
  if (marketRecords === 0 && isOver)
    return `nothing new: ${data} has the whole market already; --data <new folder> plays it again`
  const read = Object.values(counts).reduce((sum, n) => sum + n, 0)
  const kinds = Object.entries(counts).map(([kind, count]) => `${countText(count)} ${kind}`)
  return `${counted(read, 'message')}${read > 0 ? `: ${kinds.join(', ')}` : ''}`
}

/** Returns a row of counts by reason, the most frequent first; none when nothing was counted. */
function countedRows(name: string, counts: Readonly<Record<string, number>>, what: string, by: string) {
  const reasons = Object.entries(counts).sort(([, a], [, b]) => b - a)
  if (reasons.length === 0) return []
  const total = reasons.reduce((sum, [, n]) => sum + n, 0)
  const text = reasons.map(([reason, n]) => `${countText(n)} ${reason}`).join(', ')
  return [[name, `${counted(total, what)}${by}: ${text}`]] as const
}

/** Most actors that are listed. The rest is counted. */
const NAMED_MAX = 5

/** Returns one line for each actor: its address, since when, why, and how to release it. */
function quarantinedRows({ failed = [], quarantined, data }: Summary) {
  const all = failed.length > 0 ? failed : quarantined.map((address) => ({ address }))
  const named = all.slice(0, NAMED_MAX).map((one) => {
    const why = 'why' in one ? ` since ${timeText(one.since)}: it ${one.why}.` : ''
    return [
      'quarantine',
      `${colors.red(`${one.address}${why}`)} Release it: ${releaseCommand(one.address, data)}`,
    ] as const
  })
  const more = all.length - named.length
  return more > 0 ? [...named, ['', `and ${more} more: outcry actors`] as const] : named
}
