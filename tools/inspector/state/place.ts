/**
 * The state of the page: what is chosen, and the moment that is looked at. The address of the page says both, and the
 * view: `#view/address@seq`; without `@seq` it is live. `#why` is the view of an actor with the reason in the place of
 * its chart. `#why/seq` is a record, whose actor is chosen then. What is asked of the life of the chosen actor stands behind a `?`. All else follows from them.
 */
import { batch, signal } from '@preact/signals'

export const VIEWS = ['overview', 'actor', 'market'] as const
export type View = (typeof VIEWS)[number]

/** The middle of the actor view: its statechart, or why the record at the moment happened. */
export type Panel = 'chart' | 'why'

export interface Place {
  readonly view: View
  /** `chart` in the other views, whose addresses have no place for it. */
  readonly panel: Panel
  /** Address of the chosen actor; empty while none is chosen. */
  readonly choice: string
  /** seq of the last record that counts; undefined is live. */
  readonly moment: number | undefined
  /** The question to the history beside the view; empty while the record is shown there. */
  readonly query: string
}

const SEQ = /^\d{1,15}$/

const first = placeOf(location.hash)
export const view = signal<View>(first.view)
export const panel = signal<Panel>(first.panel)
export const choice = signal(first.choice)
export const moment = signal<number | undefined>(first.moment)
export const query = signal(first.query)

/**
 * Goes to another place. A click makes an entry in the browser's history; a key, a playing moment and a dragged one do
 * not, because each of their steps would be one.
 */
export function go(to: Partial<Place>, by: 'click' | 'step' = 'click'): void {
  const place = placeBy(to)
  const hash = hashOf(place)
  if (hash !== location.hash) {
    if (by === 'click') history.pushState(null, '', hash)
    else history.replaceState(null, '', hash)
  }
  take(place)
}

/** Returns the place to which such a change leads. A question about one actor is none about another. */
export function placeBy(to: Partial<Place>): Place {
  const isOther = to.choice !== undefined && to.choice !== choice.value
  const asks = isOther && query.value !== '' ? 'history' : query.value
  const now = { view: view.value, panel: panel.value, choice: choice.value, moment: moment.value }
  return { ...now, query: asks, ...to }
}

/** Follows the address of the page from now on. */
export function followAddress(): void {
  const read = () => take(placeOf(location.hash))
  addEventListener('hashchange', read)
  addEventListener('popstate', read)
}

function take(place: Place): void {
  batch(() => {
    view.value = place.view
    panel.value = place.view === 'actor' ? place.panel : 'chart'
    choice.value = place.choice
    moment.value = place.moment
    query.value = place.query
  })
}

/** Returns the address of a place, for links. */
export function hashOf({ view, panel, choice, moment, query }: Place): string {
  const name = view === 'actor' && panel === 'why' ? panel : view
  // An @ of the address itself would be taken for the moment, and a ? for a question.
  const address = encodeURI(choice).replaceAll('@', '%40').replaceAll('#', '%23').replaceAll('?', '%3F')
  const at = moment === undefined ? '' : `@${moment}`
  return `#${name}${address === '' && at === '' ? '' : `/${address}`}${at}${query === '' ? '' : `?${query}`}`
}

/** Reads the address of a page. What is no view is an address, as links of earlier versions have it. */
export function placeOf(hash: string): Place {
  const [, before = '', seq, query = ''] = /^#?(.*?)(?:@(\d{1,15}))?(?:\?(history\b.*))?$/.exec(hash) ?? []
  const cut = before.indexOf('/')
  const name = cut < 0 ? before : before.slice(0, cut)
  const text = cut < 0 ? '' : decoded(before.slice(cut + 1))
  // A seq alone, as the command line takes it, is the moment, and its record says which actor is chosen.
  const isSeq = seq === undefined && SEQ.test(text)
  const choice = isSeq ? '' : text
  const moment = isSeq ? Number(text) : seq === undefined ? undefined : Number(seq)
  if (name === 'why') return { view: 'actor', panel: 'why', choice, moment, query }
  if ((VIEWS as readonly string[]).includes(name))
    return { view: name as View, panel: 'chart', choice, moment, query }
  return {
    view: before === '' ? 'overview' : 'actor',
    panel: 'chart',
    choice: decoded(before),
    moment,
    query,
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
