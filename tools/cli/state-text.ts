/** Describes for people the state of an actor. */

import type { ActorView } from '../../src/api/contract/record.ts'
import { timerText } from './change-text.ts'
import { colors } from './colors.ts'
import { counted, timeText } from './format.ts'
import { beneath, readable } from './readable.ts'
import { standingText } from './standing.ts'

/** Returns the place of a state in the life of its actor: `rev 4 at seq 1,234, 2026-11-27 09:00:00.000`. */
export function placeText({ rev, seq, at }: Pick<ActorView, 'rev' | 'seq' | 'at'>): string {
  return `rev ${rev} at seq ${seq}, ${timeText(at)}`
}

/** Returns an actor as it was, in lines: its state, tags, context, children and timers. */
export function stateLines(actor: ActorView): string[] {
  const { address, machine, tags, context, children, timers, output, error, failures } = actor
  return [
    `${colors.bold(address)}  ${machine}  ${colors.dim(placeText(actor))}`,
    `state    ${standingText(actor)}`,
    ...(failures === undefined
      ? []
      : [
          colors.red(
            `failures ${counted(failures.count, 'failure')}, the last at ${timeText(failures.lastAt)}`,
          ),
        ]),
    ...(tags.length === 0 ? [] : [`tags     ${tags.join(' ')}`]),
    ...section('output', output === undefined ? [] : readable(output)),
    ...section('error', error === undefined ? [] : readable(error)),
    ...section('context', membersOf(context)),
    ...section('children', children),
    ...section(
      'timers',
      timers.map((timer) => `${timer.id} ${timerText(timer)}`),
    ),
  ]
}

function membersOf(context: unknown): string[] {
  if (typeof context !== 'object' || context === null || Array.isArray(context))
    return context === undefined ? [] : readable(context)
  return Object.entries(context).flatMap(([key, value]) => beneath(key, value))
}

function section(title: string, lines: readonly string[]): string[] {
  if (lines.length === 0) return []
  return [colors.bold(title), ...lines.map((line) => `  ${line}`)]
}
