/** Symbols that news warns of, each for a time. */
import type { RiskFlag } from '../events/account.ts'
import { type NewsItem, newsSeverity } from '../events/news.ts'
import type { Classification } from './classifier.ts'

export type Flag = Pick<RiskFlag, 'symbol' | 'flag' | 'severity' | 'until' | 'reason'>

/** Returns the key of a flag. A symbol has one flag of a kind at a time. */
export const flagKey = ({ symbol, flag }: Pick<Flag, 'symbol' | 'flag'>) => `${symbol}/${flag}`

/** Returns the flags that an item raises: new ones, longer ones, or graver ones. It makes none shorter or less grave. */
export function flagsRaised(
  flags: readonly Flag[],
  { at, publishedAt = at, title: reason }: NewsItem,
  { symbols, category: flag, severity, flagForMs }: Classification,
): Flag[] {
  if (flagForMs === undefined) return []
  // What comes late is flagged for what is left; a source whose clock is ahead makes nothing longer.
  const until = Math.min(publishedAt, at) + flagForMs
  if (until <= at) return []
  return symbols.flatMap((symbol) => {
    const raised: Flag = { symbol, flag, severity, until, reason }
    const was = flags.find((other) => flagKey(other) === flagKey(raised))
    if (was === undefined) return [raised]
    const isGraver = gravityOf(severity) > gravityOf(was.severity)
    if (until <= was.until && !isGraver) return []
    return [{ ...raised, severity: isGraver ? severity : was.severity, until: Math.max(until, was.until) }]
  })
}

export function withoutFlags(flags: readonly Flag[], gone: readonly Pick<Flag, 'symbol' | 'flag'>[]): Flag[] {
  const keys = new Set(gone.map(flagKey))
  return flags.filter((flag) => !keys.has(flagKey(flag)))
}

function gravityOf(severity: Flag['severity']): number {
  return newsSeverity.options.indexOf(severity)
}
