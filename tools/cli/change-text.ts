/** Describes for people what changed in the state of an actor. */

import type { Change } from '../../src/api/contract/record.ts'
import { colors } from './colors.ts'
import { timeText } from './format.ts'

/** Parts of a state that have names of their own. All others are the context's. */
const PARTS: Readonly<Record<string, string>> = { children: 'child', timers: 'timer', tags: 'tag' }

/**
 * Returns a line for each side of each change: `- filledQty "0"` and `+ filledQty "0.1"`. Paths of the context stand
 * alone, those of other parts behind the name of the part: `+ timer grace due 2026-11-27 ...`.
 */
export function changeLines(changes: readonly Change[]): string[] {
  return changes.flatMap((change) => {
    const name = nameOf(change)
    const { was, is } = change
    return [
      ...(was === undefined ? [] : [colors.red(`- ${name} ${valueText(change, was)}`.trimEnd())]),
      ...(is === undefined ? [] : [colors.green(`+ ${name} ${valueText(change, is)}`.trimEnd())]),
    ]
  })
}

function nameOf({ path: [part = '', ...rest] }: Change): string {
  if (part === 'context') return pathText(rest) || part
  if (part === 'tags') return PARTS.tags as string
  const [id = '', ...below] = rest
  return [PARTS[part] ?? part, id, pathText(below)].filter((text) => text !== '').join(' ')
}

/** Returns a path as code would write it. @example pathText(['orders', 'sim:o-1', 'qty']) // 'orders["sim:o-1"].qty' */
export function pathText(path: readonly string[]): string {
  return path
    .map((key, i) => {
      if (/^[A-Za-z_$][\w$]*$/.test(key)) return i === 0 ? key : `.${key}`
      return /^\d+$/.test(key) ? `[${key}]` : `[${JSON.stringify(key)}]`
    })
    .join('')
}

function valueText({ path: [part, ...rest] }: Change, value: unknown): string {
  if (part === 'timers' && rest.length === 1) return timerText(value as Timer)
  if (part === 'timers' && rest[1] === 'dueAt') return timeText(value as number)
  if (part === 'tags' || part === 'children') return String(value)
  return JSON.stringify(value)
}

interface Timer {
  readonly dueAt: number
  readonly target?: string
  readonly event: { readonly type: string }
}

/** Returns `due 2026-11-27 09:00:00.000: RETRY`, and the address of the receiver where that is another actor. */
export function timerText({ dueAt, target, event }: Timer): string {
  return `due ${timeText(dueAt)}: ${event.type}${target === undefined ? '' : ` to ${target}`}`
}
