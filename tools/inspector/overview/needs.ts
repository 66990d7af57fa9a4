/** The matters that need a person, the gravest first. All of them are of the moment; an act is of now. */
import { computed, signal } from '@preact/signals'
import type { EventEnvelope, Failure } from '../../../src/client/index.ts'
import { type Actor, allActors, membership, type Trouble, troubleOf } from '../log/actors.ts'
import { letters } from '../log/letters.ts'
import { notable } from '../log/news.ts'
import { type Account, failures, health, run } from '../log/run.ts'
import { moment } from '../state/place.ts'
import { idOf, shortState } from '../text/names.ts'
import { countText, decimalText } from '../text/numbers.ts'

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
  readonly act?: Act
}

/** The act that a person can do about it. */
export type Act =
  | { readonly does: 'acknowledge' | 'resume' | 'limits'; readonly address: string }
  | { readonly does: 'release' | 'restart'; readonly address: string; readonly failure?: Failure | undefined }
  | { readonly does: 'component'; readonly name: string }
  | { readonly does: 'letter'; readonly seq: number; readonly address: string }
  | { readonly does: 'seen'; readonly sort: string; readonly seq: number }

/** By sort of events, the seq up to which a person has seen them. */
export const seen = signal<Readonly<Record<string, number>>>({})

export const needs = computed<readonly Need[]>(() => {
  membership.value
  const until = moment.value ?? Number.POSITIVE_INFINITY
  const events = notable.value.filter(({ seq }) => seq <= until)
  const failed = (failures.value.value?.failures ?? []).filter(({ seq }) => seq <= until)
  return [
    ...(run.value.value?.accounts ?? []).flatMap((account) => accountNeeds(account, events)),
    ...failureNeeds(failed),
    ...componentNeeds(),
    ...letterNeeds(until),
    ...marketNeeds(),
    ...orderNeeds(events),
  ]
})

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
        text: `${tripped || `${reason ?? 'A review is required'}. `}${address} is ${state}. What is held keeps its stop.`,
        ...place,
        at: place.at ?? at,
        act: { does: 'acknowledge', address },
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
      act: { does: 'resume', address },
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
  // The states of all actors are known of the present alone.
  const troubled = moment.value === undefined ? troubleNeeds(allActors(), failed) : []
  const told = new Set(troubled.map(({ seq }) => seq))
  const others = failed.filter(({ seq }) => !told.has(seq))
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
        ...(trouble === 'quarantined' && { act: { does: 'release', address, failure } as const }),
      }
    })
}

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
  }
}

function componentNeeds(): Need[] {
  const broken = (health.value.value?.components ?? []).filter(
    ({ state, reason }) => state === 'FAILED' || reason,
  )
  return broken.map(({ name, state, reason = '' }) => ({
    key: `component ${name}`,
    isGrave: state === 'FAILED',
    title: state === 'FAILED' ? `The component ${name} has failed` : `The component ${name} is not well`,
    text: '',
    thrown: reason,
    actor: `component/${name}`,
    ...(state === 'FAILED' && { act: { does: 'component', name } as const }),
  }))
}

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
      text: `The last was ${last.type} to ${last.to}: ${last.reason}.`,
      at: last.at,
      seq: last.seq,
      actor: last.to,
      act: { does: 'letter', seq: last.seq, address: last.to },
    },
  ]
}

function marketNeeds(): Need[] {
  const found: Need[] = []
  for (const { address, kind, value, at, seq } of moment.value === undefined ? allActors() : []) {
    if (kind === 'watchdog' && JSON.stringify(value).includes('unprotected'))
      found.push({
        key: `watchdog ${address}`,
        isGrave: true,
        title: 'A position has no stop',
        text: `${address} is ${shortState(value)}: it places a stop of its own, or closes the position.`,
        at,
        seq,
        actor: address,
      })
    if (kind === 'symbol' && ['disconnected', 'resyncing'].includes(String(Object(value).connection)))
      found.push({
        key: `book ${address}`,
        isGrave: false,
        title: `The market data of ${idOf(address)} is not whole`,
        text: `Its connection is ${Object(value).connection}.`,
        at,
        seq,
        actor: address,
      })
  }
  const refused = Object.entries(health.value.value?.refused ?? {})
  const count = refused.reduce((sum, [, n]) => sum + n, 0)
  if (count > 0)
    found.push({
      key: 'refused',
      isGrave: false,
      title: `${countText(count)} ${count === 1 ? 'message' : 'messages'} of the market ${count === 1 ? 'was' : 'were'} not believed`,
      text: `${refused.map(([reason, n]) => `${countText(n)} ${reason}`).join(', ')}.`,
    })
  return found
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
        act:
          type === 'ORDER_DENIED' && moment.value === undefined && accountOf(last) !== undefined
            ? { does: 'limits', address: accountOf(last) as string }
            : { does: 'seen', sort: type, seq: last.seq },
      },
    ]
  })
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
