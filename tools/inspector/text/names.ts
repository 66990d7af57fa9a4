/** The names of actors, states and events. Pure. */

/** The value of a machine's state: the key of a state, or those of its regions. */
export type StateValue = string | { readonly [key: string]: StateValue | undefined }

/** A name in two parts: what is cut when there is no room, and the end, which tells it apart. */
export interface Parts {
  readonly head: string
  readonly end: string
}

/** Most letters of the end of a name. */
const END_MAX = 14

/** Returns the two parts of an address or an id: `order/sim:ema-BTCUSDT-` and `2-stop`. */
export function partsOf(name: string): Parts {
  const numbered = /-(\d+(?:-[A-Za-z][\w-]*)?)$/.exec(name)
  const cut = numbered ? numbered.index + 1 : Math.max(name.lastIndexOf('/'), name.lastIndexOf(':')) + 1
  const letters = [...name]
  // A name without such an end is told apart by its last letters as often as by its first.
  if (name.length - cut <= END_MAX) return { head: name.slice(0, cut), end: name.slice(cut) }
  return { head: letters.slice(0, -END_MAX).join(''), end: letters.slice(-END_MAX).join('') }
}

export const kindOf = (address: string): string => address.slice(0, address.indexOf('/'))
export const idOf = (address: string): string => address.slice(address.indexOf('/') + 1)

/** Returns the active states, each by the keys to it. A region that says nothing, such as `{}`, counts itself. */
export function leavesOf(value: StateValue | null | undefined): readonly (readonly string[])[] {
  if (value === null || value === undefined) return []
  if (typeof value === 'string') return [[value]]
  return Object.entries(value).flatMap(([key, below]) => {
    const paths = leavesOf(below)
    return paths.length === 0 ? [[key]] : paths.map((path) => [key, ...path])
  })
}

/** Returns a short state, for which a row has room: the first region that is not at rest, or the first. */
export function shortState(value: StateValue | null | undefined): string {
  const leaves = leavesOf(value)
  const [first] = leaves.filter((path) => !isResting(path))
  const path = first ?? leaves[0]
  if (path === undefined) return '–'
  // `held.protected` says more than `protected`, but the name of a region says nothing.
  return typeof value === 'object' && leaves.length > 1 ? path.slice(1).join('.') : path.join('.')
}

/** Returns the last keys of the states that were left and entered. */
export function movesOf(
  from: StateValue | null,
  to: StateValue,
): { readonly left: readonly string[]; readonly entered: readonly string[] } {
  const [before, after] = [from, to].map((value) => leavesOf(value).map((path) => path.join('.')))
  const last = (path: string): string => path.slice(path.lastIndexOf('.') + 1)
  return {
    left: (before ?? []).filter((path) => !after?.includes(path)).map(last),
    entered: (after ?? []).filter((path) => !before?.includes(path)).map(last),
  }
}

/** Returns whether a state means that nothing happens in its region. */
export function isResting(path: readonly string[]): boolean {
  return path.length > 1 && ['idle', 'none', 'off', 'resting'].includes(path.at(-1) ?? '')
}

/** Returns the whole state, such as `execution.filled, request.idle`. */
export function stateText(value: StateValue | null | undefined): string {
  return leavesOf(value)
    .map((path) => path.join('.'))
    .join(', ')
}

/** Returns a readable name for the events that XState makes. */
export function eventText(type: string): string {
  if (type === '') return 'always'
  const [, delay] = /^xstate\.after\.(.+?)\./.exec(type) ?? []
  if (delay !== undefined) return `after ${delayText(delay)}`
  return type
    .replace(/^xstate\.(done|error)\.(actor|state)\.(?:\d+\.)?/, '$1: ')
    .replace(/^xstate\.snapshot\./, 'snapshot: ')
    .replace(/^xstate\.init$/, 'init')
}

function delayText(delay: string): string {
  if (!/^\d+$/.test(delay)) return delay
  return Number(delay) % 1_000 === 0 ? `${Number(delay) / 1_000} s` : `${delay} ms`
}

/** Most letters of an event on the time line. */
const SHORT_MAX = 13

/** Returns the name of an event for the time line, which has little room: the last words that fit. */
export function shortEvent(type: string): string {
  let text = eventText(type)
  while (text.length > SHORT_MAX && text.includes('_')) text = text.slice(text.indexOf('_') + 1)
  return text
}
