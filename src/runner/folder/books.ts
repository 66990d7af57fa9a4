/** Looks at the venue's books, as whoever verifies a data folder does beside its log. */
import { isOutcryError } from '../../../store/index.ts'
import type { Problem, Verification } from '../../runtime/state/verify.ts'

/** What is found of a data folder as a whole. */
export interface FolderVerification extends Verification {
  /** Reports in the venue's books that were looked at; undefined where nobody looked at books. */
  readonly reports?: number
}

/** Returns what was found of the log, with what is found of the books. `look` resolves with how many reports they have. */
export async function withBooks(
  found: Verification,
  look: () => Promise<number | undefined>,
): Promise<FolderVerification> {
  const { reports, problem } = await problemOf(look)
  if (problem === undefined) return reports === undefined ? found : { ...found, reports }
  return { ...found, problems: [...found.problems, { seq: found.records, actor: 'port/paper', ...problem }] }
}

/** As `withBooks`, of the books alone. */
export async function problemOf(
  look: () => Promise<number | undefined>,
): Promise<{ reports?: number | undefined; problem?: Pick<Problem, 'code' | 'message'> }> {
  try {
    return { reports: await look() }
  } catch (error) {
    // Whoever asked has gone: nothing is known.
    if (!isOutcryError(error) || error.code === 'READ_ABORTED') throw error
    const { code, message } = error
    return { problem: { code, message } }
  }
}
