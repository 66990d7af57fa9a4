/** Makes a predicate of a subscription's filter, once for each subscription. */
import { SEVERITIES, type Severity } from '../../runtime/events/envelope.ts'
import { idOf } from '../../runtime/record/address.ts'
import type { Filter } from '../contract/filter.ts'

/** The fields of a publication that a filter can name. */
export interface Filterable {
  readonly actor: string
  readonly type: string
  readonly at: number
  readonly correlation: string
  readonly venue: string | null
  readonly symbol: string | null
  readonly instrument: string | null
  readonly strategy: string | null
  readonly severity?: Severity | undefined
}

export type Predicate = (of: Filterable) => boolean

type Field = keyof Filter
type Makers = { readonly [F in Field]: (wanted: Exclude<Filter[F], undefined>) => Predicate }

const MAKERS: Required<Makers> = {
  kind: (kind) => {
    const prefix = `${kind}/`
    return ({ actor }) => actor.startsWith(prefix)
  },
  id: (id) => (of) => idOf(of.actor) === id,
  type: (type) => (of) => of.type === type,
  venue: (venue) => (of) => of.venue === venue,
  symbol: (symbol) => (of) => of.symbol === symbol,
  instrument: (instrument) => (of) => of.instrument === instrument,
  strategy: (strategy) => (of) => of.strategy === strategy,
  correlation: (correlation) => (of) => of.correlation === correlation,
  minSeverity: (least) => {
    const enough: readonly unknown[] = SEVERITIES.slice(SEVERITIES.indexOf(least))
    return (of) => enough.includes(of.severity)
  },
  from: (time) => {
    const from = msOf(time)
    return ({ at }) => at >= from
  },
  to: (time) => {
    const to = msOf(time)
    return ({ at }) => at <= to
  },
  and: (filters) => allOf(filters.map(predicateOf)),
  or: (filters) => {
    const some = filters.map(predicateOf)
    return (of) => some.some((test) => test(of))
  },
  not: (filter) => {
    const test = predicateOf(filter)
    return (of) => !test(of)
  },
}

/** Returns a function that says whether a publication matches the filter. */
export function predicateOf(filter: Filter): Predicate {
  const given = Object.entries(filter).filter(([, wanted]) => wanted !== undefined)
  return allOf(given.map(([field, wanted]) => MAKERS[field as Field](wanted as never)))
}

function allOf(tests: readonly Predicate[]): Predicate {
  const [first, ...others] = tests
  if (first !== undefined && others.length === 0) return first
  return (of) => tests.every((test) => test(of))
}

function msOf(time: number | string): number {
  return typeof time === 'number' ? time : Date.parse(time)
}
