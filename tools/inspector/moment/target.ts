/** Reads what a person writes for a moment. Pure. */

export type Target = { readonly seq: number } | { readonly at: number }

/**
 * Returns the seq or the time that a text means; undefined when it means none. A time without a day is of the day of
 * `near`. All times are UTC.
 *
 * @example targetOf('14,513', now) // { seq: 14513 }
 * @example targetOf('23:56:13.543', now)
 */
export function targetOf(text: string, near: number): Target | undefined {
  const plain = text
    .trim()
    .replace(/^seq\s*/i, '')
    .replace(/\s*(?:UTC|Z)$/i, '')
  if (/^\d{1,3}(?:,\d{3})+$|^\d{1,12}$/.test(plain)) return { seq: Number(plain.replaceAll(',', '')) }
  if (/^\d{13}$/.test(plain)) return { at: Number(plain) }
  const [, day = new Date(near).toISOString().slice(0, 10), clock] =
    /^(?:(\d{4}-\d{2}-\d{2})[T ])?(\d{1,2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?)$/.exec(plain) ?? []
  if (clock === undefined) return undefined
  const at = Date.parse(`${day}T${clock.padStart(clock.indexOf(':') === 1 ? clock.length + 1 : 0, '0')}Z`)
  return Number.isNaN(at) ? undefined : { at }
}
