/** The work of a strategy in numbers, and the story of a trade cycle: its candidates, the chosen one, the outcome. Pure. */
import { compact } from '../../errors/compact.ts'
import type { Candidate } from '../events/strategy.ts'
import type { StrategyContext, StrategyTrade, Work } from './context.ts'

/** The most entry signals that are kept of a cycle: the newest. */
const CANDIDATES_MAX = 10

/** The longest reason that is kept, in characters. A module may give a text of any length. */
const REASON_MAX = 200

/** Returns a reason as the story of a cycle has it. */
export function shortened(reason: string): string {
  return reason.slice(0, REASON_MAX)
}

const NO_WORK: Work = { ticks: 0, actions: 0, errors: 0 }

export function workOf({ work = NO_WORK }: Pick<StrategyContext<object, object>, 'work'>): Work {
  return work
}

/** Returns the work with one more of its parts. */
export function workWith(
  context: Pick<StrategyContext<object, object>, 'work'>,
  part: keyof Work,
): { readonly work: Work } {
  const work = workOf(context)
  return { work: { ...work, [part]: work[part] + 1 } }
}

/** Returns the entry signals of the present cycle, this one with them. */
export function candidatesWith(
  { candidates = [] }: Pick<StrategyContext<object, object>, 'candidates'>,
  candidate: Candidate,
): readonly Candidate[] {
  return [...candidates.slice(1 - CANDIDATES_MAX), candidate]
}

/** Returns the part of a completed cycle that says how it came about. `pnl` is in the asset. */
export function cycleOf(
  { params: { symbol }, candidates = [] }: StrategyContext<object, object>,
  { list, side, enteredAt, reason, exitReason }: StrategyTrade,
  { at, pnl, asset }: { readonly at: number; readonly pnl: string; readonly asset: string },
) {
  const why = reason === undefined ? '' : ` on "${reason}"`
  const held = enteredAt === undefined ? '' : `, ${at - enteredAt} ms`
  const out = exitReason === undefined ? 'out by its orders or by others' : `out on "${exitReason}"`
  return {
    candidates: [...candidates],
    chosen: compact({ list, at: enteredAt, side, reason }),
    summary: `${side} ${symbol}${why}${held}, ${out}: ${pnl} ${asset}`,
  }
}
