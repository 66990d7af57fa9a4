/** Verifies the venues' books of a data folder, beside its log. */

import { compact } from '../../../errors/compact.ts'
import { portAddress } from '../../../machines/index.ts'
import { type Interruptible, isOutcryError } from '../../../store/index.ts'
import type { Problem, Verification } from '../../runtime/state/verify.ts'

/** The result for a data folder as a whole. */
export interface FolderVerification extends Verification {
  /** The number of reports checked in the venues' books. Undefined when no books were checked. */
  readonly reports?: number
}

/** Books of a venue that can be checked. */
export interface BooksLook {
  readonly venue: string
  /** Resolves with the number of reports. @throws VENUE_CORRUPT, VENUE_OPEN_FAILED, READ_ABORTED, ... */
  look(options: Interruptible): Promise<number>
}

/** The result for all books of a folder. */
export interface LookedThrough {
  /** The number of reports in the books that are whole. Undefined when there are none. */
  readonly reports?: number
  readonly problems: readonly (Pick<Problem, 'code' | 'message'> & { readonly venue: string })[]
}

/** Checks all books, one after the other. @throws READ_ABORTED */
export async function lookThrough(
  looks: readonly BooksLook[],
  options: Interruptible = {},
): Promise<LookedThrough> {
  let reports: number | undefined
  const problems: LookedThrough['problems'][number][] = []
  for (const { venue, look } of looks) {
    try {
      reports = (reports ?? 0) + (await look(options))
    } catch (error) {
      // The caller has gone, so nothing is known.
      if (!isOutcryError(error) || error.code === 'READ_ABORTED') throw error
      const { code, message } = error
      problems.push({ venue, code, message })
    }
  }
  return compact({ reports, problems })
}

/** Adds the result for the books to the result for the log. */
export async function withBooks(
  found: Verification,
  looks: readonly BooksLook[],
  options: Interruptible = {},
): Promise<FolderVerification> {
  const { reports, problems } = await lookThrough(looks, options)
  const ofBooks = problems.map(({ venue, ...problem }) => ({
    seq: found.records,
    actor: portAddress(venue),
    ...problem,
  }))
  return compact({ ...found, reports, problems: [...found.problems, ...ofBooks] })
}
