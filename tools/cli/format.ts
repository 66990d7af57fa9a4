import type { StateValue } from 'xstate'
import { onOneLine } from './printable.ts'

/** Returns plain text columns, each as wide as its widest cell, and a line for each row. The last column is not padded. */
export function table(head: readonly string[], given: readonly (readonly string[])[]): string {
  const rows = given.map((row) => row.map(onOneLine))
  const widths = head.map((title, i) =>
    rows.reduce((width, row) => Math.max(width, widthOf(row[i] ?? '')), title.length),
  )
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === row.length - 1 ? cell : padded(cell, widths[i] as number))).join('  ')
  return [head, ...rows].map(line).join('\n')
}

const ASCII = /^\p{ASCII}*$/u
/** Characters that terminals show two columns wide. */
const WIDE =
  /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\u{ff01}-\u{ff60}]/u

/** Returns the width of a text in columns of a terminal. */
export function widthOf(text: string): number {
  if (ASCII.test(text)) return text.length
  let width = 0
  for (const c of text) width += /\p{M}/u.test(c) ? 0 : WIDE.test(c) ? 2 : 1
  return width
}

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)))
}

/** Returns the leaves of a state value, such as `execution.accepted request.idle`. */
export function stateText(value: StateValue | null): string {
  if (value === null) return '-'
  return leaves(value).join(' ')
}

function leaves(value: StateValue): string[] {
  if (typeof value === 'string') return [value]
  return Object.entries(value).flatMap(([key, below]) => {
    if (below === undefined) return []
    const paths = leaves(below)
    return paths.length === 0 ? [key] : paths.map((path) => `${key}.${path}`)
  })
}

/** Returns a time as `2024-08-08 00:54:15.343`, UTC. */
export function timeText(at: number): string {
  return new Date(at).toISOString().replace('T', ' ').replace('Z', '')
}

/** Returns a whole number as `1,234,567`. An Intl.NumberFormat would take longer to make than most answers. */
export function countText(n: number): string {
  return String(n).replace(/\B(?=(\d{3})+$)/g, ',')
}

/** Returns a number with its noun: `1 fill`, `2 fills`. */
export function counted(n: number, noun: string): string {
  return `${countText(n)} ${noun}${n === 1 ? '' : 's'}`
}

/**
 * Returns the last line of a question: how many records were read for it, and how many of them are shown where that is
 * another number.
 */
export function readText(
  shown: number | undefined,
  { read, source }: { readonly read: number; readonly source: string },
): string {
  if (shown === undefined || shown === read) return `${counted(read, 'record')} read in ${source}`
  return `${counted(shown, 'record')} shown, ${countText(read)} read in ${source}`
}

const PARTS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const

/** Returns a span of ms as `12 ms`, `1.250 s`, `2 min 3 s` or `3 d 4 h`: its two largest units. */
export function spanText(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${(ms / 1_000).toFixed(3)} s`
  const first = PARTS.findIndex(([, size]) => ms >= size)
  const [[unit, size], [below, smaller]] = [PARTS[first]!, PARTS[first + 1]!]
  const rest = Math.floor((ms % size) / smaller)
  return `${Math.floor(ms / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${below}`}`
}

let money: Intl.NumberFormat | undefined

/** Returns a decimal as money with two places, for people. --json has the exact value. */
export function moneyText(decimal: string): string {
  money ??= new Intl.NumberFormat('en-US', {
    minimumFractionDigits: 2,
    maximumFractionDigits: 2,
    signDisplay: 'negative',
  })
  return money.format(Number(decimal))
}

/** Returns the fields of an event as `key=value`, the nested ones last: a terminal cuts them first. */
export function payloadText({ type: _, at: _at, ...payload }: { type: string; at?: unknown }): string {
  const isNested = ([, value]: [string, unknown]) => Number(typeof value === 'object' && value !== null)
  return Object.entries(payload)
    .sort((a, b) => isNested(a) - isNested(b))
    .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ')
}
