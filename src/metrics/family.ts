/**
 * Families of metrics as data: docs/metrics.md is made from them, and a scrape reads them. Names and units follow the
 * conventions of Prometheus: `outcry_`, what is measured, the base unit, and `_total` for a counter.
 */
import type { Distribution } from '../../store/distribution.ts'

interface Named {
  /** @example 'outcry_commit_duration_seconds' */
  readonly name: string
  /** Says what a value is, in one sentence without a full stop at its end. */
  readonly help: string
  /** The labels, each with its meaning. The configuration or the code bounds the number of their values. */
  readonly labels?: Readonly<Record<string, string>>
}

/** The values of the labels, in the order of the family, and behind them the value. A map has such entries. */
export type Labelled<V> = readonly [...labels: string[], value: V]

/**
 * The values of this moment: one without labels, or one for each combination of labels. Undefined when there is none, as
 * where a part of the process is not there.
 */
export type Values<V> = V | Iterable<Labelled<V>> | undefined

/** A family whose values are numbers. A counter begins at 0 with the process, and never goes down. */
export interface NumberFamily<Source> extends Named {
  readonly type: 'counter' | 'gauge'
  /** Reads memory alone: a scrape must not disturb trading. */
  read(source: Source): Values<number>
}

export interface HistogramFamily<Source> extends Named {
  readonly type: 'histogram'
  /** Reads memory alone, too. */
  read(source: Source): Values<Distribution>
}

export type Family<Source> = NumberFamily<Source> | HistogramFamily<Source>

/** The families of one part of the process, which reads them from one source. */
export interface Group<Source> {
  /** Its heading in the documentation. */
  readonly name: string
  /** Says whose metrics they are, and when there are none. */
  readonly about: string
  readonly families: readonly Family<Source>[]
}

/**
 * Returns counts with a 0 for each of the names that has none. An increase is seen only where a 0 was before it, so a
 * counter with known labels has all of them from the start.
 */
export function withZeros(
  counts: ReadonlyMap<string, number>,
  names: Iterable<string>,
): ReadonlyMap<string, number> {
  return new Map([...[...names].map((name) => [name, 0] as const), ...counts])
}
