import { z } from 'zod'
import { OutcryError } from './outcry-error.ts'
import { issuesOf, issuesText, PLAINLY } from './zod-issues.ts'

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
    const where = issue.path.length === 0 ? of : `${issue.path.join('.')} of ${of}`
    const known = issue.path.length === 0 && `Its options are ${Object.keys(schema.shape).sort().join(', ')}.`
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

/** Returns the schema of a number of things, or of ms: whole or not, without an end where nobody sets one. */
export function atLeast(min: number): z.ZodType<number> {
  return z.custom<number>(
    (value) => typeof value === 'number' && value >= min,
    `must be a number, at least ${min}`,
  )
}

/** Returns the schema of an object that has these functions. */
export function having<T>(...names: readonly (keyof T & string)[]): z.ZodType<T> {
  return z.custom<T>(
    (value) => names.every((name) => typeof Object(value)[name] === 'function'),
    `must have ${names.length === 1 ? 'the function' : 'the functions'} ${names.join(', ')}`,
  )
}
