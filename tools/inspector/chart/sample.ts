/** The words for what was not counted: it never happened, or it did not in the records that were read. Pure. */
import { countText } from '../text/numbers.ts'

/** The part of a log that was read. The number of all records is absent when it is not known. */
export interface Sample {
  readonly actors: number
  readonly records: number
  readonly of: { readonly actors: number; readonly records?: number | undefined }
}

/**
 * Returns what is said of a state or a way that was not seen. Without a sample everything was read.
 *
 * @example
 * unseenText('entered', { actors: 1, records: 750, of: { actors: 1, records: 12_345 } })
 * // 'not entered in 750 of 12,345 records'
 */
export function unseenText(deed: 'entered' | 'taken', sample: Sample | undefined): string {
  return sample === undefined ? `never ${deed}` : `not ${deed} in ${sampleText(sample)}`
}

/** Returns how much was read. @example '483 records of 100 of 20,969 actors' */
export function sampleText({ actors, records, of }: Sample): string {
  return of.records === undefined
    ? `${countText(records)} records of ${countText(actors)} of ${countText(of.actors)} actors`
    : `${countText(records)} of ${countText(of.records)} records`
}
