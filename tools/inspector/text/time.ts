/** Writes times: in UTC, with the day only where it is another one. Pure. */

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Returns `23:56:13.543`, with `2024-08-08` before it where the day is another one than that of `beside`. */
export function timeText(at: number, beside?: number): string {
  const text = isoOf(at)
  const isSameDay = beside === undefined || text.slice(0, 10) === isoOf(beside).slice(0, 10)
  return isSameDay ? text.slice(11, 23) : `${text.slice(0, 10)} ${text.slice(11, 23)}`
}

/** Returns the time to the second. */
export const secondText = (at: number, beside?: number): string => timeText(at, beside).slice(0, -4)

/** Returns `2024-08-08 23:56:13.543 UTC`. */
export const wholeTimeText = (at: number): string => `${isoOf(at).slice(0, 23).replace('T', ' ')} UTC`

/** Returns ISO 8601 for attributes. Times of programs may have fractions, or lie where Date ends. */
export function isoOf(at: number): string {
  const date = new Date(Math.trunc(at))
  return Number.isNaN(date.getTime()) ? '0000-00-00T00:00:00.000Z' : date.toISOString()
}

/** Returns a length of time for a sentence: `80 ms`, `4.7 s`, `30 s`, `3 m 46 s`, `2 h 5 m`, `3 d 4 h`. */
export function lengthText(ms: number): string {
  const length = Math.max(0, ms)
  if (length < SECOND) return `${Math.round(length)} ms`
  if (length < 9_950) return `${(length / SECOND).toFixed(1)} s`
  if (length < MINUTE) return `${Math.floor(length / SECOND)} s`
  if (length < HOUR) return pair(length, MINUTE, 'm', SECOND, 's')
  if (length < DAY) return pair(length, HOUR, 'h', MINUTE, 'm')
  return pair(length, DAY, 'd', HOUR, 'h')
}

/** Returns ms for a figure, which has little room: `0.19`, `2.3`, `41`. */
export const msText = (ms: number): string => ms.toFixed(ms < 1 ? 2 : ms < 10 ? 1 : 0)

function pair(ms: number, large: number, largeName: string, small: number, smallName: string): string {
  const rest = Math.floor((ms % large) / small)
  const first = `${Math.floor(ms / large)} ${largeName}`
  return rest === 0 ? first : `${first} ${rest} ${smallName}`
}

/** Returns an age for a row, which has room for three letters: `now`, `4s`, `2m`, `5h`, `3d`. */
export function ageText(ms: number): string {
  if (ms < SECOND) return 'now'
  if (ms < MINUTE) return `${Math.floor(ms / SECOND)}s`
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)}m`
  if (ms < DAY) return `${Math.floor(ms / HOUR)}h`
  return `${Math.floor(ms / DAY)}d`
}
