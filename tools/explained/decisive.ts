/**
 * Picks what a person looks for in an event, and writes values on one line. The command line and the page share it, so it
 * is pure and knows neither.
 */

/** Fields that say what was decided and by which numbers, the most telling first. */
const TELLING = [
  'text',
  'check',
  'reason',
  'message',
  'signal',
  'action',
  'status',
  'execType',
  'ordStatus',
  'phase',
  'side',
  'positionSide',
  'ordType',
  'orderQty',
  'quantity',
  'qty',
  'lastQty',
  'cumQty',
  'px',
  'price',
  'lastPx',
  'avgPx',
  'stopPx',
  'trailingOffset',
  'close',
  'bid',
  'ask',
  'tradePnl',
  'pnl',
  'realizedPnl',
  'exposure',
  'notional',
  'equity',
  'balance',
  'change',
  'by',
]
/** Fields that name things which the line or its neighbours name already. */
const NAMING = [
  'venue',
  'symbol',
  'instrument',
  'strategy',
  'owner',
  'account',
  'order',
  'list',
  'listId',
  'position',
  'clOrdId',
  'venueOrderId',
  'execId',
  'tradeId',
  'eventAt',
]
/** Longest text of one value, in characters. */
const VALUE_MAX = 60

interface Event {
  readonly type: string
  readonly [field: string]: unknown
}

/** Returns the telling fields of an event that fit into so many columns, as `side=BUY orderQty=0.01`. */
export function decisiveText(event: Event, columns: number): string {
  const fields = tellingFields(event).map(({ name, text }) => `${name}=${text}`)
  let line = ''
  for (const text of fields) {
    const longer = line === '' ? text : `${line} ${text}`
    if (longer.length > columns) continue
    line = longer
  }
  return line === '' && fields[0] !== undefined && columns > 1 ? cut(fields[0], columns) : line
}

/** A field of an event, with its value on one line. */
export interface Field {
  readonly name: string
  readonly text: string
}

/** Returns the fields of an event, the most telling first. Those that name things are there when it has no others. */
export function tellingFields(event: Event): Field[] {
  const ranked = scalarsOf(event, '')
    .filter(([name]) => name !== 'type' && name !== 'at')
    .map(([name, value]) => ({ name, text: plainText(value), rank: rankOf(name.split('.')) }))
    .sort((a, b) => a.rank - b.rank)
  const others = ranked.filter(({ rank }) => rank < NAMING_RANK)
  return others.length > 0 ? others : ranked
}

/** Returns the fields with plain values, and those one level below as `candle.close`. */
function scalarsOf(value: object, above: string): [string, unknown][] {
  return Object.entries(value).flatMap(([name, item]): [string, unknown][] => {
    if (typeof item !== 'object' || item === null) return [[`${above}${name}`, item]]
    return above === '' && !Array.isArray(item) ? scalarsOf(item, `${name}.`) : []
  })
}

const NAMING_RANK = TELLING.length + 2

/** Returns the place of a field among the telling ones, by its path: the smaller, the more telling. */
export function rankOf(path: readonly string[]): number {
  const last = path.at(-1) ?? ''
  if (NAMING.includes(path[0] ?? '') || NAMING.includes(last)) return NAMING_RANK
  const telling = TELLING.indexOf(last)
  if (telling >= 0) return telling
  return path.length > 1 ? TELLING.length + 1 : TELLING.length
}

function plainText(value: unknown): string {
  return cut(typeof value === 'string' ? value : String(JSON.stringify(value)), VALUE_MAX)
}

/** Returns a value as JSON, shortened: `"long"`, `61765.99`, `{"fast":1,...`. */
export function valueText(value: unknown): string {
  return value === undefined ? 'undefined' : cut(JSON.stringify(value), VALUE_MAX)
}

/** Returns the text on one line, with `…` at its end where it is longer than so many columns. */
export function cut(text: string, columns: number): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length > columns ? `${line.slice(0, Math.max(0, columns - 1))}…` : line
}
