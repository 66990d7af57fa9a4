/** The matters that need a person, the gravest first. All of them are of the moment; an act is of now. */
import { computed } from '@preact/signals'
import type { EventEnvelope, Failure } from '../../../src/client/index.ts'
import { type Actor, allActors, membership, type Trouble, troubleOf } from '../log/actors.ts'
import { type Letter, letters, whyDead } from '../log/letters.ts'
import { notable } from '../log/news.ts'
import { type Account, failures, health, run } from '../log/run.ts'
import { vitals } from '../log/vitals.ts'
import { moment } from '../state/place.ts'
import { idOf, shortState } from '../text/names.ts'
import { countText, decimalText } from '../text/numbers.ts'
import { REFUSED, seen } from './seen.ts'

export interface Need {
  readonly key: string
  readonly isGrave: boolean
  /** The meaning, in a few words. */
  readonly title: string
  readonly text: string
  /** The message as it was thrown. */
  readonly thrown?: string
  readonly at?: number | undefined
  readonly seq?: number | undefined
  readonly actor?: string | undefined
  /** The single events, where there are several. */
  readonly events?: readonly EventEnvelope[]
  /** The single dead letters, the latest first. */
  readonly letters?: readonly Letter[]
  readonly acts?: readonly Act[]
}

/** An act that a person can do about it. */
export type Act =
  | { readonly does: 'acknowledge' | 'resume' | 'limits' | 'close'; readonly address: string }
  | { readonly does: 'release' | 'restart'; readonly address: string; readonly failure?: Failure | undefined }
  | { readonly does: 'component'; readonly name: string }
  | { readonly does: 'redeliver' | 'drop'; readonly letter: Letter }
  | { readonly does: 'seen'; readonly sort: string; readonly upTo: number }

export const needs = computed<readonly Need[]>(() => {
  membership.value
  const until = moment.value ?? Number.POSITIVE_INFINITY
  const events = notable.value.filter(({ seq }) => seq <= until)
  const failed = (failures.value.value?.failures ?? []).filter(({ seq }) => seq <= until)
  const all = [
    ...(run.value.value?.accounts ?? []).flatMap((account) => accountNeeds(account, events)),
    ...watchdogNeeds(),
    ...failureNeeds(failed),
    // The health of the server is known of the present alone.
    ...(moment.value === undefined ? [...logNeeds(), ...componentNeeds()] : []),
    ...letterNeeds(until),
    ...bookNeeds(),
    ...(moment.value === undefined ? refusedNeeds() : []),
    ...orderNeeds(events),
  ]
  return [...all.filter(({ isGrave }) => isGrave), ...all.filter(({ isGrave }) => !isGrave)]
})

/** The states of all actors are known of the present alone. */
const actorsNow = (): Iterable<Actor> => (moment.value === undefined ? allActors() : [])

function accountNeeds(account: Account, events: readonly EventEnvelope[]): Need[] {
  const { address, review, breaker, tradingState } = account
  const state = shortState(tradingState)
  const { check, value, limit } = Object(breaker) as Partial<Record<'check' | 'value' | 'limit', string>>
  const tripped =
    check === undefined
      ? ''
      : `The circuit breaker tripped: ${check} is ${amount(value)}, at most ${amount(limit)}. `
  const last = events.findLast(
    ({ actor, type }) =>
      actor === address && ['MANUAL_REVIEW_REQUIRED', 'CIRCUIT_BREAKER_TRIGGERED'].includes(type),
  )
  const place = { at: last?.at, seq: last?.seq, actor: address }
  if (review !== undefined && review !== null) {
    const { reason, at } = Object(review) as { readonly reason?: string; readonly at?: number }
    return [
      {
        key: `review ${address}`,
        isGrave: true,
        title: 'Nothing is entered until a person has looked',
        text: `${tripped || `The reason: ${reason ?? 'none was given'}. `}${state === 'active' ? '' : `${address} is ${state}. `}What is held keeps its stop.`,
        ...place,
        at: place.at ?? at,
        acts: [{ does: 'acknowledge', address }],
      },
    ]
  }
  if (state === 'active') return []
  return [
    {
      key: `state ${address}`,
      isGrave: state === 'halted',
      title: state === 'halted' ? 'Trading is halted' : 'Positions are only reduced',
      text: `${tripped}${address} is ${state}.`,
      ...place,
      acts: [{ does: 'resume', address }],
    },
  ]
}

const amount = (text: string | undefined): string =>
  text !== undefined && /^-?\d+(\.\d+)?$/.test(text) ? decimalText(text, 8) : (text ?? '?')

const TROUBLES: Readonly<Record<Trouble, string>> = {
  quarantined: 'is quarantined',
  restarting: 'restarts after a failure',
  error: 'has ended with an error',
  stopped: 'was stopped by an error',
}
const ORDER = Object.keys(TROUBLES)

/** Returns what is wrong with actors now, and the other failures: those of an actor that is failing are told by it. */
function failureNeeds(failed: readonly Failure[]): Need[] {
  const troubled = troubleNeeds(actorsNow(), failed)
  const told = new Set(troubled.map(({ seq }) => seq))
  const others = failed.filter(({ seq, actor }) => !told.has(seq) && !isSeen(`failure ${actor}`, seq))
  const [own, reported] = [true, false].map((isOwn) =>
    others.filter(({ action }) => (action !== undefined) === isOwn).map(failureNeed),
  )
  return [...troubled, ...(own ?? []), ...(reported ?? [])]
}

function troubleNeeds(actors: Iterable<Actor>, failed: readonly Failure[]): Need[] {
  const troubled: (readonly [Actor, Trouble])[] = []
  for (const actor of actors) {
    const trouble = troubleOf(actor)
    if (trouble !== undefined) troubled.push([actor, trouble])
  }
  return troubled
    .filter(([{ address, seq }]) => !isSeen(`ended ${address}`, seq))
    .sort(([a, of], [b, other]) => ORDER.indexOf(of) - ORDER.indexOf(other) || b.seq - a.seq)
    .map(([{ address, kind, error, at, seq }, trouble]) => {
      const failure = failed.find(({ actor, action }) => actor === address && action !== undefined)
      return {
        key: `trouble ${address}`,
        isGrave: true,
        title: `${kind} ${idOf(address)} ${TROUBLES[trouble]}`,
        text: failure === undefined ? '' : `It threw at ${article(failure.event)}:`,
        thrown: failure?.message ?? errorText(error),
        at: failure?.at ?? at,
        seq: failure?.seq ?? seq,
        actor: address,
        acts: actsAbout(address, trouble, seq, failure),
      }
    })
}

/** Returns what helps an actor in trouble. One that has ended is as the log says, for good. */
function actsAbout(
  address: string,
  trouble: Trouble,
  seq: number,
  failure: Failure | undefined,
): readonly Act[] {
  if (trouble === 'quarantined') return [{ does: 'release', address, failure }]
  if (trouble === 'restarting') return [{ does: 'restart', address }]
  return [{ does: 'seen', sort: `ended ${address}`, upTo: seq }]
}

const isSeen = (sort: string, seq: number): boolean => seq <= (seen.value[sort] ?? 0)

/** Returns what was thrown, where the log has the error itself. */
function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error ?? '')
  const { name = 'Error', message } = error as { readonly name?: string; readonly message: unknown }
  return name === 'Error' ? String(message) : `${name}: ${message}`
}

const article = (event: string): string => `${/^[AEIOU]/.test(event) ? 'an' : 'a'} ${event}`

function failureNeed(failure: Failure): Need {
  const { actor, event, message, action, count, at, seq } = failure
  const often = count > 1 ? ` ${countText(count)} times` : ''
  return {
    key: `failure ${actor} ${seq}`,
    isGrave: action !== undefined,
    title: action === undefined ? `${actor} reports an error` : `${actor} failed${often}`,
    text: action === undefined ? '' : `It threw at ${article(event)}:`,
    thrown: message,
    at,
    seq,
    actor,
    acts: [{ does: 'seen', sort: `failure ${actor}`, upTo: seq }],
  }
}

function logNeeds(): Need[] {
  const { verified } = vitals.value.value?.log ?? {}
  if (verified === undefined || verified.problems === 0) return []
  const { problems, at } = verified
  return [
    {
      key: 'log',
      isGrave: true,
      title: `The check of the log found ${countText(problems)} ${problems === 1 ? 'problem' : 'problems'}`,
      text: 'Keep a copy of the data folder. `outcry verify` lists what differs, and `outcry doctor` says what can be done.',
      at,
    },
  ]
}

function componentNeeds(): Need[] {
  const broken = (health.value.value?.components ?? []).filter(
    ({ state, reason }) => state === 'FAILED' || reason,
  )
  return broken.map(({ name, state, reason = '' }) => ({
    key: `component ${name}`,
    isGrave: state === 'FAILED',
    title: state === 'FAILED' ? `The component ${name} has failed` : `The component ${name} is not well`,
    text: state === 'FAILED' ? 'The run goes on without it. It said:' : 'It says:',
    thrown: reason,
    actor: `component/${name}`,
    ...(state === 'FAILED' && { acts: [{ does: 'component', name }] }),
  }))
}

export const lettersActs = (letter: Letter): readonly Act[] => [
  { does: 'drop', letter },
  { does: 'redeliver', letter },
]

function letterNeeds(until: number): Need[] {
  const open = (letters.value.value ?? []).filter(({ seq }) => seq <= until)
  const [last] = open
  if (last === undefined) return []
  return [
    {
      key: 'letters',
      isGrave: false,
      title:
        open.length === 1
          ? 'A message could not be delivered'
          : `${countText(open.length)} messages could not be delivered`,
      text: `${open.length === 1 ? 'It was' : 'The last was'} ${last.type} to ${last.to}, which ${whyDead(last.reason)}.`,
      at: last.at,
      seq: last.seq,
      actor: last.to,
      letters: open,
      acts: lettersActs(last),
    },
  ]
}

function watchdogNeeds(): Need[] {
  return [...actorsNow()]
    .filter(({ kind, value }) => kind === 'watchdog' && JSON.stringify(value).includes('unprotected'))
    .map(({ address, at, seq }) => {
      const position = `position/${idOf(address)}`
      return {
        key: `watchdog ${address}`,
        isGrave: true,
        title: 'A position has no stop',
        text: 'Its watchdog waits a little for a stop, then places one of its own. Where the venue refuses that, it closes the position.',
        at,
        seq,
        actor: position,
        acts: [{ does: 'close', address: position }],
      }
    })
}

const CONNECTIONS: Readonly<Record<string, string>> = {
  disconnected:
    'The connection is lost. The runner connects again by itself; until then no strategy enters there.',
  resyncing:
    'Its order book broke. The runner asks for a new one by itself; until then no strategy enters there.',
}

function bookNeeds(): Need[] {
  return [...actorsNow()].flatMap(({ address, kind, value, at, seq }): Need[] => {
    const text = kind === 'symbol' ? CONNECTIONS[String(Object(value).connection)] : undefined
    if (text === undefined) return []
    const title = `The market data of ${idOf(address)} is not whole`
    return [{ key: `book ${address}`, isGrave: false, title, text, at, seq, actor: address }]
  })
}

function refusedNeeds(): Need[] {
  const refused = Object.entries(health.value.value?.refused ?? {})
  const all = refused.reduce((sum, [, n]) => sum + n, 0)
  const before = seen.value[REFUSED] ?? 0
  // A new run counts anew.
  const count = all < before ? all : all - before
  if (count === 0) return []
  return [
    {
      key: 'refused',
      isGrave: false,
      title: `${countText(count)} ${count === 1 ? 'message' : 'messages'} of the market ${count === 1 ? 'was' : 'were'} not believed`,
      text: `They were left out. Reasons in this run: ${refused.map(([reason, n]) => `${countText(n)} ${reason}`).join(', ')}.`,
      acts: [{ does: 'seen', sort: REFUSED, upTo: all }],
    },
  ]
}

/** Sorts of events that are told together, with what several of them are called. */
const SORTS: readonly (readonly [type: string, one: string, several: string, isGrave: boolean])[] = [
  [
    'PROTECTIVE_ORDERS_MISSING',
    'A position was without its stop',
    'times a position was without its stop',
    true,
  ],
  [
    'ORDER_OVERFILLED',
    'An order was filled beyond its quantity',
    'orders were filled beyond their quantity',
    true,
  ],
  ['ORDER_DISCREPANCY', 'An order differs from the venue', 'orders differ from the venue', true],
  ['RECONCILIATION_DIFFERENCE', 'A difference to the venue', 'differences to the venue', true],
  ['ACCOUNT_NOT_FLAT', 'An account could not be flattened', 'accounts could not be flattened', true],
  ['POSITION_NOT_CLOSED', 'A position could not be closed', 'positions could not be closed', true],
  ['ORDER_REJECTED', 'An order was rejected by the venue', 'orders were rejected by the venue', false],
  ['ORDER_DENIED', 'An order was denied by the risk gate', 'orders were denied by the risk gate', false],
  ['ORDER_CANCEL_REJECTED', 'A cancel was refused', 'cancels were refused', false],
  ['ORDER_REPLACE_REJECTED', 'A replace was refused', 'replaces were refused', false],
  ['ORDER_LIST_REJECTED', 'A list of orders was refused', 'lists of orders were refused', false],
  ['SYMBOL_FLAGGED', 'News warn of a symbol', 'warnings of symbols', false],
]

function orderNeeds(events: readonly EventEnvelope[]): Need[] {
  return SORTS.flatMap(([type, one, several, isGrave]): Need[] => {
    const since = seen.value[type] ?? 0
    const of = events.filter((event) => event.type === type && event.seq > since)
    const last = of.at(-1)
    if (last === undefined) return []
    return [
      {
        key: `sort ${type}`,
        isGrave,
        title: of.length === 1 ? one : `${countText(of.length)} ${several}`,
        text: reasonsOf(of),
        at: last.at,
        seq: last.seq,
        actor: last.actor,
        events: of,
        acts: [...limitsOf(last), { does: 'seen', sort: type, upTo: last.seq }],
      },
    ]
  })
}

/** Returns the act about the limits that have denied an order. */
function limitsOf(event: EventEnvelope): Act[] {
  const address = event.type === 'ORDER_DENIED' ? accountOf(event) : undefined
  return address === undefined ? [] : [{ does: 'limits', address }]
}

function accountOf({ venue }: EventEnvelope): string | undefined {
  return run.value.value?.accounts.find((account) => account.venue === venue)?.address
}

/** Returns the reasons with their numbers, the most frequent first: `8 refused, 3 reduce only`. */
function reasonsOf(events: readonly EventEnvelope[]): string {
  const counts = new Map<string, number>()
  for (const { event } of events) {
    const text = String(event.text ?? event.reason ?? event.check ?? '')
    const reason = text.replace(/:.*$/, '')
    if (reason !== '') counts.set(reason, (counts.get(reason) ?? 0) + 1)
  }
  const [first] = events
  if (events.length === 1) return String(first?.event.text ?? first?.event.reason ?? '')
  const reasons = [...counts].sort(([, a], [, b]) => b - a).slice(0, 4)
  if (reasons.length === 0) return ''
  const last = String(events.at(-1)?.event.text ?? '')
  if (reasons.length === 1) return last === '' ? String(reasons[0]?.[0] ?? '') : `The last one: ${last}.`
  return `${reasons.map(([reason, count]) => `${countText(count)} ${reason}`).join(', ')}.`
}
