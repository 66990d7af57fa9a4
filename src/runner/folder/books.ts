/** Verifies the venue's books of a data folder, beside its log. */
import { isOutcryError } from '../../../store/index.ts'
import type { Problem, Verification } from '../../runtime/state/verify.ts'

/** The result for a data folder as a whole. */
export interface FolderVerification extends Verification {
  /** The number of reports checked in the venue's books. Undefined when no books were checked. */
  readonly reports?: number
}

/** Adds the result for the books to the result for the log. `look` resolves with the number of reports. */
export async function withBooks(
  found: Verification,
  look: () => Promise<number | undefined>,
): Promise<FolderVerification> {
  const { reports, problem } = await problemOf(look)
  if (problem === undefined) return reports === undefined ? found : { ...found, reports }
  return { ...found, problems: [...found.problems, { seq: found.records, actor: 'port/paper', ...problem }] }
}

/** Returns the result for the books alone. */
export async function problemOf(
  look: () => Promise<number | undefined>,
): Promise<{ reports?: number | undefined; problem?: Pick<Problem, 'code' | 'message'> }> {
  try {
    return { reports: await look() }
  } catch (error) {
    // The caller has gone, so nothing is known.
    if (!isOutcryError(error) || error.code === 'READ_ABORTED') throw error
    const { code, message } = error
    return { problem: { code, message } }
  }
}
