import { OutcryError } from './outcry-error.ts'

/**
 * Refuses keys that nobody reads: a misspelled option would be taken for one that is not given.
 * @throws OPTION_UNKNOWN
 * @example checkOptions('serve', options, { port: true, host: true })
 */
export function checkOptions<T extends object>(
  of: string,
  options: T,
  known: Readonly<Record<keyof T, true>>,
): void {
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(known, key)) continue
    throw new OutcryError(
      'OPTION_UNKNOWN',
      `${of} has no option "${key}"`,
      `There are ${Object.keys(known).sort().join(', ')}.`,
    )
  }
}
