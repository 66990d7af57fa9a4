/** Says whether a filter can match anything on a topic. It may say yes when the answer is no, and never the reverse. */
import type { Topic } from '../../runtime/events/patterns.ts'
import { NONE, token, typeToken } from '../../runtime/events/topic.ts'
import type { Filter } from '../contract/filter.ts'

interface Outlook {
  readonly mayMatch: boolean
  readonly mayFail: boolean
}

const OPEN: Outlook = { mayMatch: true, mayFail: true }
const ALWAYS: Outlook = { mayMatch: true, mayFail: false }
const NEVER: Outlook = { mayMatch: false, mayFail: true }

type Field = keyof Filter

/** Fields of events that no record has. */
const OF_EVENTS: readonly Field[] = ['venue', 'symbol', 'instrument', 'strategy']

/** Returns whether a publication on a topic of this pattern can match the filter. */
export function canMatchOn(filter: Filter, pattern: Topic): boolean {
  return outlookOf(filter, pattern).mayMatch
}

function outlookOf(filter: Filter, pattern: Topic): Outlook {
  const given = Object.entries(filter).filter(([, wanted]) => wanted !== undefined)
  return allOf(given.map(([field, wanted]) => ofField(field as Field, wanted as never, pattern)))
}

function ofField(field: Field, wanted: never, pattern: Topic): Outlook {
  switch (field) {
    case 'and':
      return allOf((wanted as readonly Filter[]).map((one) => outlookOf(one, pattern)))
    case 'or':
      return reversed(allOf((wanted as readonly Filter[]).map((one) => reversed(outlookOf(one, pattern)))))
    case 'not':
      return reversed(outlookOf(wanted, pattern))
    default:
      if (pattern[0] === 'transitions') return onRecords(field, wanted, pattern)
      return pattern[0] === 'events' ? onEvents(field, wanted, pattern) : OPEN
  }
}

function onRecords(field: Field, wanted: string | null, [, kind, id]: Topic): Outlook {
  if (field === 'kind') return inPlace(kind, wanted ?? NONE)
  if (field === 'id') return inPlace(id, token(wanted ?? NONE))
  if (OF_EVENTS.includes(field)) return wanted === null ? ALWAYS : NEVER
  return field === 'minSeverity' ? NEVER : OPEN
}

function onEvents(field: Field, wanted: string | null, [, type, venue, symbol]: Topic): Outlook {
  if (field === 'type') return inPlace(type, typeToken(wanted ?? NONE))
  if (field === 'venue') return inPlace(venue, token(wanted ?? NONE))
  return field === 'symbol' ? inPlace(symbol, token(wanted ?? NONE)) : OPEN
}

/** Several values have the same token, so equal tokens say only that a value may match. */
function inPlace(pattern: string | undefined, wanted: string): Outlook {
  return pattern === undefined || pattern === '*' || pattern === '>' || pattern === wanted ? OPEN : NEVER
}

function allOf(all: readonly Outlook[]): Outlook {
  return {
    mayMatch: all.every(({ mayMatch }) => mayMatch),
    mayFail: all.some(({ mayFail }) => mayFail),
  }
}

function reversed({ mayMatch, mayFail }: Outlook): Outlook {
  return { mayMatch: mayFail, mayFail: mayMatch }
}
