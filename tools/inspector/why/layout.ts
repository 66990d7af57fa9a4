/**
 * The layout of a sequence: a lifeline for each actor in the order in which they come in, and a row for each step. All
 * texts are measured, so that none lies on another and none leaves the picture. Pure.
 */
import { cut, widthOf } from '../chart/measure.ts'
import { eventText, idOf, kindOf, partsOf } from '../text/names.ts'
import { detailOf, type Outcome, outcomeOf, type Step } from './steps.ts'

/** Least width of a panel for lifelines. A narrower one has a list. */
export const LANES_FROM = 560
/** Width of the column with the times, with the room at its left. */
export const TIME_PX = 118
/** Least and most room of a lifeline. Where there are more of them than fit, the picture is wider than its panel. */
export const LANE_MIN = 76
const LANE_MAX = 190
/** Room at both sides of a text. */
const PAD = 4
/** Room between the name of an event and what it tells. */
const SPACE = 7
/** Widest label, so that a long text does not hide all lifelines. */
const LABEL_MAX = 460

const TOP = 4
const LABEL = 18
const ARROW = 14
const OUTCOME = 23
const BOTTOM = 5

export interface Lane {
  readonly address: string
  readonly kind: string
  readonly name: string
  /** The place of its line, from the end of the column with the times. */
  readonly x: number
}

export interface Label {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly event: string
  readonly detail: string
}

export interface Arrow {
  readonly y: number
  /** The same for both when an actor tells itself something. */
  readonly from: number
  readonly to: number
  /** True when the sender is outside: the line begins with a ring. */
  readonly isOutside: boolean
}

export interface Row {
  readonly seq: number
  readonly height: number
  readonly label: Label
  readonly arrow: Arrow
  readonly outcome: (Outcome & { readonly x: number; readonly y: number; readonly width: number }) | undefined
  /** The messages to ports, below the record's own arrow. */
  readonly asks: readonly { readonly label: Label; readonly arrow: Arrow }[]
}

export interface Layout {
  readonly lanes: readonly Lane[]
  readonly laneWidth: number
  /** Width without the column of the times. */
  readonly width: number
  readonly rows: readonly Row[]
}

/** @param width of the panel, in px, with the column of the times */
export function layoutOf(steps: readonly Step[], width: number): Layout {
  const addresses = addressesIn(steps)
  const room = width - TIME_PX
  const laneWidth = Math.min(LANE_MAX, Math.max(LANE_MIN, room / Math.max(1, addresses.length)))
  const whole = Math.max(room, laneWidth * addresses.length)
  const names = namesOf(addresses)
  const lanes = addresses.map((address, i): Lane => {
    const { kind, name } = names[i] as Named
    return {
      address,
      kind: cut(kind, 'action', laneWidth - 2 * PAD),
      name: cut(name, 'title', laneWidth - 2 * PAD),
      x: (i + 0.5) * laneWidth,
    }
  })
  const at = new Map(lanes.map(({ address, x }) => [address, x]))
  return { lanes, laneWidth, width: whole, rows: steps.map((step) => rowOf(step, at, whole)) }
}

/** Returns the senders and receivers in the order in which they come in. */
function addressesIn(steps: readonly Step[]): string[] {
  const found = new Set<string>()
  for (const { from, explained } of steps) {
    if (from !== undefined) found.add(from)
    found.add(explained.record.actor)
    for (const { port } of explained.record.intents ?? []) found.add(`port/${port}`)
  }
  return [...found]
}

interface Named {
  readonly kind: string
  readonly name: string
}

/** Returns short names that tell the actors apart: `order` and `2-stop`, or `ema-2-stop` where two are a `2-stop`. */
export function namesOf(addresses: readonly string[]): Named[] {
  const short = addresses.map((address) => ({ kind: kindOf(address), name: partsOf(address).end }))
  const keys = short.map(({ kind, name }) => `${kind} ${name}`)
  return short.map(({ kind, name }, i) => {
    const isUnique = keys.indexOf(keys[i] as string) === keys.lastIndexOf(keys[i] as string)
    if (isUnique) return { kind, name }
    const id = idOf(addresses[i] as string)
    return { kind, name: id.slice(id.indexOf(':') + 1) }
  })
}

function rowOf({ explained, from }: Step, lanes: ReadonlyMap<string, number>, width: number): Row {
  const { record } = explained
  const to = lanes.get(record.actor) ?? 0
  const start = from === undefined ? 0 : (lanes.get(from) ?? 0)
  const arrow: Arrow = {
    y: TOP + LABEL + ARROW / 2,
    from: from === undefined ? Math.max(4, to - LANE_MIN / 2 + 2) : start,
    to,
    isOutside: from === undefined,
  }
  const label = labelOf(eventText(record.event.type), detailOf(record.event), arrow, TOP, width)
  const asks: { label: Label; arrow: Arrow }[] = []
  let y = TOP + LABEL + ARROW
  const outcome = outcomeOf(explained)
  const placed = outcome && { ...outcome, ...pillAt(outcome.text, to, width), y: y + 1 }
  if (outcome !== undefined) y += OUTCOME
  for (const { port, event } of record.intents ?? []) {
    const way: Arrow = {
      y: y + LABEL + ARROW / 2,
      from: to,
      to: lanes.get(`port/${port}`) ?? to,
      isOutside: false,
    }
    asks.push({ label: labelOf(event.type, detailOf(event), way, y, width), arrow: way })
    y += LABEL + ARROW
  }
  return { seq: record.seq, height: y + BOTTOM, label, arrow, outcome: placed, asks }
}

/** Returns the label of an arrow: in the middle above it, but within the picture. */
function labelOf(name: string, said: string, { from, to }: Arrow, y: number, width: number): Label {
  const most = Math.min(LABEL_MAX, width) - 2 * PAD
  const event = cut(name, 'event', most)
  const taken = widthOf(event, 'event') + SPACE
  const detail = most - taken < 30 || said === '' ? '' : cut(said, 'action', most - taken)
  const own = (detail === '' ? taken - SPACE : taken + widthOf(detail, 'action')) + 2 * PAD
  return { ...placed((from + to) / 2, own, width), y, event, detail }
}

function pillAt(text: string, x: number, width: number): { x: number; width: number; text: string } {
  const inner = cut(text, 'title', Math.min(LABEL_MAX, width) - 4 * PAD)
  return { ...placed(x, widthOf(inner, 'title') + 4 * PAD, width), text: inner }
}

function placed(middle: number, own: number, width: number): { x: number; width: number } {
  const x = Math.min(Math.max(0, middle - own / 2), Math.max(0, width - own))
  return { x: Math.round(x), width: Math.ceil(own) }
}
