import type { z } from 'zod'
import { OutcryError } from './outcry-error.ts'
import { issuesOf, issuesText, PLAINLY } from './zod-issues.ts'

/**
 * Refuses unknown keys of an option object, because a misspelled option would look like one that is not given.
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
      `Its options are ${Object.keys(known).sort().join(', ')}.`,
    )
  }
}

/**
 * Returns the options, checked by their schema. The caller may be JavaScript, or take its options from an environment.
 * @throws OPTION_UNKNOWN, OPTION_INVALID with each field and its rule
 * @example optionsOf('serve', z.strictObject({ port: z.int() }), { port: 7077 })
 */
export function optionsOf<T>(of: string, schema: z.ZodType<T> & { shape: object }, given: unknown): T {
  const { data, error } = schema.safeParse(given, PLAINLY)
  if (error === undefined) return data
  for (const issue of error.issues) {
    if (issue.code !== 'unrecognized_keys') continue
    const where = [of, ...issue.path].join('.')
    const known =
      issue.path.length === 0 ? `Its options are ${Object.keys(schema.shape).sort().join(', ')}.` : ''
    throw new OutcryError(
      'OPTION_UNKNOWN',
      `${where} has no option "${issue.keys[0]}"`,
      known || 'Check its spelling.',
    )
  }
  const issues = issuesOf(error, 'options')
  throw new OutcryError('OPTION_INVALID', `${of}: ${issuesText(issues)}`, 'Change the options named.', {
    issues,
  })
}
