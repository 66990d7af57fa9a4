/**
 * Words for what a machine was asked about an event. The command line and the page share it, so it is pure and knows
 * neither.
 */
import type { AskedTransition, GuardRead, GuardsAsked } from '../../src/api/contract/why.ts'
import { type Field, rankOf, valueText } from './decisive.ts'

/** Returns where a transition stands, as the end of a sentence: ` in execution.accepted`. */
export function placeOf({ action, source, on, event }: AskedTransition, guards: GuardsAsked): string {
  if (action !== undefined) return `, asked by the action ${action}`
  const of = on === '' ? ' always' : event === guards.event ? '' : ` on ${event}`
  return ` in ${within(source, guards)}${of}`
}

/** Returns where a transition that was not refused leads, as the end of a sentence: ` -> execution.filled`. */
export function leading({ result, taken, targets, action }: AskedTransition, guards: GuardsAsked): string {
  if (result !== 'true' || action !== undefined) return ''
  if (!taken) return ', pre-empted'
  return targets.length === 0 ? '' : ` -> ${targets.map((id) => within(id, guards)).join(', ')}`
}

/** Returns the id of a state without the machine's own. */
export function within(id: string, { states: [root = ''] }: GuardsAsked): string {
  return id.startsWith(`${root}.`) ? id.slice(root.length + 1) : id
}

/** Returns the innermost of the states that were active before, without the id of the machine. */
export function innermost(guards: GuardsAsked): string[] {
  const { states } = guards
  return states
    .filter((id) => !states.some((other) => other.startsWith(`${id}.`)))
    .map((id) => within(id, guards))
}

/** Returns whether no active state has a transition for the event. */
export function isUnknownTo({ problem, states, event, asked }: GuardsAsked): boolean {
  const isKnown = problem === undefined && states.length > 0 && !event.startsWith('outcry.')
  return isKnown && !asked.some((one) => one.event === event && one.on !== '')
}

/** Returns whether a transition was taken. Nothing comes of one without a target whose actions do nothing. */
export function isTaken({ asked }: GuardsAsked): boolean {
  return asked.some(({ taken }) => taken)
}

/** Returns the values that were read, each once: plain ones, the most telling first, then objects, then what was missing. */
export function valuesOf(reads: readonly GuardRead[]): Field[] {
  const rank = ({ path, value }: GuardRead) => {
    if (value === undefined) return 2_000
    return typeof value === 'object' && value !== null ? 1_000 : rankOf(path)
  }
  const fields = reads
    .filter(({ from, path }) => from !== 'event' || path.join() !== 'type')
    .map((read, i) => ({ read, i }))
    .sort((a, b) => rank(a.read) - rank(b.read) || a.i - b.i)
    .map(({ read: { from, path, value, isLarge } }) => ({
      name: [from, ...path].join('.'),
      text: isLarge ? '(large)' : valueText(value),
    }))
  return [...new Map(fields.map((field) => [`${field.name} = ${field.text}`, field])).values()]
}
