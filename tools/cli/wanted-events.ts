/** The events that a reader of the command line wants. */
import type { Filter } from '../../src/api/contract/filter.ts'

export interface WantedEvents {
  /** Topics of events, with * and >. */
  readonly topics: readonly string[]
  readonly filter: Filter & { readonly from?: number | undefined; readonly to?: number | undefined }
  /** Only the last ones, so many. */
  readonly tail?: number
  /** Only those of records after this seq. */
  readonly since?: number
}
