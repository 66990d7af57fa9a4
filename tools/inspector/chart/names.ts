/** The texts of a chart: events, guards and counts as people read them. */

/** Returns the name of an event as a label has it. @example eventText('xstate.after.5000.order') // 'after 5 s' */
export function eventText(type: string): string {
  if (type === '') return 'always'
  const delay = /^xstate\.after\.(.+?)\./.exec(type)?.[1]
  if (delay !== undefined) return `after ${delayText(delay)}`
  return type
    .replace(/^xstate\.(done|error)\.(?:actor|state)\.(?:\d+\.)?/, '$1 ')
    .replace(/^xstate\.snapshot\./, 'snapshot ')
}

function delayText(delay: string): string {
  if (!/^\d+$/.test(delay)) return delay
  const ms = Number(delay)
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000} m`
  return ms % 1_000 === 0 ? `${ms / 1_000} s` : `${ms} ms`
}

/**
 * Returns the part of a guard that does not name the target. A label with several targets shows it once for all of them.
 *
 * @example
 * stemOf('leads to filled, from accepted', 'filled') // 'leads'
 * stemOf('isExiting', 'exiting') // 'is…'
 * @returns undefined when the guard does not name its target
 */
export function stemOf(guard: string, target: string): string | undefined {
  const [head = '', ...rest] = guard.split(' ')
  if (rest.some((word) => word.replace(/\W+$/, '') === target)) return head
  if (guard.toLowerCase() === target.toLowerCase()) return '…'
  const end = target.charAt(0).toUpperCase() + target.slice(1)
  return guard.endsWith(end) ? `${guard.slice(0, -end.length)}…` : undefined
}

/** Returns a count in at most four characters. @example countText(12_345) // '12k' */
export function countText(count: number): string {
  if (count < 10_000) return String(count)
  if (count < 1_000_000) return `${Math.floor(count / 1_000)}k`
  return `${Math.floor(count / 1_000_000)}M`
}
