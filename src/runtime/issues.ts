/** What zod finds wrong with an input, as everybody is told of it: the field, and its rule. */
import type { ZodError, z } from 'zod'
import type { Issue } from '../../store/outcry-error.ts'

/** To be given to `safeParse`: "expected string, received undefined" is less clear. */
export const PLAINLY: z.core.ParseContext<z.core.$ZodIssue> = {
  error: (issue) => {
    if (issue.code !== 'invalid_type') return undefined
    if (issue.input === undefined) return 'is missing'
    return issue.expected === 'int' ? 'must be a whole number' : undefined
  },
}

/** `whole` is what the input itself is called. */
export function issuesOf(error: ZodError, whole: string): readonly Issue[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys')
      return issue.keys.map((key) => ({ field: [...issue.path, key].join('.'), rule: 'is unknown' }))
    return [{ field: issue.path.join('.') || whole, rule: issue.message }]
  })
}

export function issuesText(issues: readonly Issue[]): string {
  return issues.map(({ field, rule }) => `${field}: ${rule}`).join('; ')
}
