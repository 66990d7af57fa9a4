/** Turns zod's findings about an input into the words of all our messages: the field, and its rule. */
import type { ZodError, z } from 'zod'
import type { Issue } from './outcry-error.ts'

/** Context for `safeParse`. Without it, the messages have zod's own words. */
export const PLAINLY: z.core.ParseContext<z.core.$ZodIssue> = {
  error: (issue) => {
    switch (issue.code) {
      case 'invalid_type':
        if (issue.input === undefined) return 'is missing'
        return `must be ${NOUNS[issue.expected as string] ?? issue.expected}`
      case 'too_small':
        return `must ${bound(issue.inclusive === false ? 'more than' : 'at least', issue.minimum, issue.origin)}`
      case 'too_big':
        return `must ${bound(issue.inclusive === false ? 'less than' : 'at most', issue.maximum, issue.origin)}`
      case 'invalid_value':
        return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map(String).join(', ')}`
      case 'invalid_union':
        // The issue is about a key that selects one of several kinds, such as `market.source`.
        return Array.isArray(issue.options)
          ? `must be one of ${issue.options.map(String).join(', ')}`
          : undefined
      default:
        return undefined
    }
  },
}

const NOUNS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object of keys and values',
  record: 'an object of keys and values',
}

const COUNTED: Readonly<Record<string, string>> = { string: 'characters', array: 'entries' }

/** Returns a bound as text, such as `be at least 2` or `have at most 5 entries`. */
function bound(limit: string, value: unknown, origin: string | undefined): string {
  const noun = COUNTED[origin ?? '']
  return noun === undefined ? `be ${limit} ${value}` : `have ${limit} ${value} ${noun}`
}

/** The rule for a key that does not exist. */
export const UNKNOWN_KEY = 'is unknown'

/** Returns the issues of an error. `whole` is the name of the input itself. */
export function issuesOf(error: ZodError, whole: string): readonly Issue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), rule: UNKNOWN_KEY }))
    // Of a name in a mapping, its own rule says more.
    const [ofKey] = issue.code === 'invalid_key' ? issue.issues : []
    return [{ field: issue.path.join('.') || whole, rule: ofKey?.message ?? issue.message }]
  })
}

export function issuesText(issues: readonly Issue[]): string {
  return issues.map(({ field, rule }) => `${field}: ${rule}`).join('; ')
}
