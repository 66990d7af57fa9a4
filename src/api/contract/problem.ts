/** The refusals of the API: problem documents, as RFC 9457 has them. */
import { z } from 'zod'
import { ERRORS, type ErrorCode, isErrorCode } from '../../../errors/codes.ts'
import type { OutcryError } from '../../../errors/outcry-error.ts'
import type { Frozen } from './fields.ts'

/** The media type of every refusal. */
export const PROBLEM_TYPE = 'application/problem+json'

/**
 * The answer of every route that refuses. An answer that says more has further members.
 *
 * @example
 * { type: '/docs#REQUEST_INVALID', title: 'A field of a request breaks its rule; ...', status: 400,
 *   detail: 'limit: must be at most 1000', code: 'REQUEST_INVALID', hint: 'Change the fields named.',
 *   issues: [{ field: 'limit', rule: 'must be at most 1000' }] }
 */
export const problem = z.object({
  type: z.string().describe('URI reference of what the server says about the code'),
  title: z.string().describe('what the code means: the same text in each answer'),
  status: z.int().describe('HTTP status of the answer'),
  detail: z.string().describe('what happened, and where'),
  code: z.string().describe('such as `ACTOR_UNKNOWN`; programs compare this, never the texts'),
  hint: z.string().describe('what to do'),
  issues: z.array(z.object({ field: z.string(), rule: z.string() })).describe('the fields with their rules'),
})
export type Problem = Frozen<z.infer<typeof problem>>

/** The path at which a server describes its codes. Each code is the id of an element. */
const DESCRIPTIONS = '/docs'

/**
 * Returns the problem document of an error. `about` is the code of the table that describes it, when its own code is
 * not in the table.
 */
export function problemOf(
  { code, message, hint, issues }: Pick<OutcryError, 'message' | 'hint' | 'issues'> & { code: string },
  about: ErrorCode = isErrorCode(code) ? code : 'INTERNAL',
): Problem {
  const { status, about: title } = ERRORS[about]
  return { type: `${DESCRIPTIONS}#${about}`, title, status, detail: message, code, hint, issues }
}
