/** An explanation of a record as a tree for people: what began it, the record with its guards, and what it led to. */

import type { TransitionRecord } from '../../src/api/contract/record.ts'
import type { Explained, Explanation } from '../../src/api/contract/why.ts'
import { cut, decisiveText } from '../explained/decisive.ts'
import { colors } from './colors.ts'
import { counted, countText, stateText, timeText } from './format.ts'
import { guardLines } from './why-guards.ts'

/** Columns for which the fields and values of a line are chosen where the output is no terminal. */
const COLUMNS = 100
/** Fewest columns into which a tree is fitted. */
const COLUMNS_MIN = 60
/** Deeper effects are shown at this depth, so that there is room for them. */
const INDENT_MAX = 12
/** Fewest columns for the fields of an event beside its actor. */
const FIELDS_MIN = 16

/** Returns the lines, fitted into the columns of a terminal. Without a number nothing is cut. */
export function explanationLines(explanation: Explanation, wanted?: number): string[] {
  const columns = Math.max(COLUMNS_MIN, wanted ?? COLUMNS)
  const { causes, isWhole, cutAt, effects, leftOut, partly, record } = explanation
  const of = { day: dayOf(record), columns, isCut: wanted !== undefined }
  const lines = [
    `${colors.bold(record.actor)}  ${colors.cyan(record.event.type)}  ${colors.dim(`seq ${record.seq}, ${timeText(record.at)}, ${record.machine}`)}`,
    '',
  ]
  if (cutAt !== undefined) lines.push(colors.yellow(`… what caused it was deleted: ${beginsText(cutAt)}`))
  else if (!isWhole) lines.push(colors.yellow('… more causes before, which are left out'))
  for (const one of causes) {
    lines.push(...entry(one, { ...of, rail: '', below: '│ ', isFull: false }))
    if (one.repeats > 0)
      lines.push(
        colors.dim(`┊     the next timer came ${counted(one.repeats, 'time')} before, and set itself again`),
      )
  }
  lines.push(
    ...entry(explanation, {
      ...of,
      rail: colors.bold('▶ '),
      below: effects.length > 0 ? '│ ' : '  ',
      isFull: true,
    }),
  )
  for (const [i, effect] of effects.entries()) {
    const guides = guidesOf(effects, i)
    const above = colors.dim(`${guides}${isLast(effects, i) ? '└ ' : '├ '}`)
    const hasMore = effects[i + 1] !== undefined && (effects[i + 1]?.depth ?? 0) > effect.depth
    const below = `${guides}${isLast(effects, i) ? '  ' : '│ '}${hasMore ? '│ ' : '  '}`
    lines.push(...entry(effect, { ...of, rail: above, below, isFull: false, railLength: guides.length + 2 }))
  }
  if (leftOut > 0)
    lines.push(colors.yellow(`${counted(leftOut, 'effect')} more, with what they led to, left out`))
  if (partly.length > 0)
    lines.push(
      colors.yellow(`effects may be missing: not all later records were searched of ${partly.join(', ')}`),
    )
  return lines
}

function beginsText(firstSeq: number): string {
  return `the log begins at seq ${countText(firstSeq)}, and retention.deleteAfterDays has deleted what was before`
}

type Effects = Explanation['effects']

/** Returns whether no later effect has the same cause. */
function isLast(effects: Effects, i: number, depth = effects[i]?.depth ?? 0): boolean {
  for (const { depth: next } of effects.slice(i + 1)) {
    if (next < depth) return true
    if (next === depth) return false
  }
  return true
}

/** Returns the lines of the levels above an effect. */
function guidesOf(effects: Effects, i: number): string {
  const depth = Math.min(effects[i]?.depth ?? 0, INDENT_MAX)
  let guides = ''
  for (let level = 1; level < depth; level++) guides += isLast(effects, i, level) ? '  ' : '│ '
  return guides
}

interface Form {
  readonly day: string
  readonly columns: number
  /** True when a text that is longer is cut. */
  readonly isCut: boolean
  /** The text before the first line, and its length without colours. */
  readonly rail: string
  readonly railLength?: number
  /** The text before the other lines. */
  readonly below: string
  readonly isFull: boolean
}

function entry(explained: Explained, form: Form): string[] {
  const { day, columns, isCut, rail, railLength = 0, below, isFull } = form
  const { record } = explained
  const { seq, actor, event } = record
  const time = dayOf(record) === day ? timeText(record.at).slice(11) : timeText(record.at)
  const start = `${time} ${seq} ${actor}  ${event.type}`
  const used = (railLength || (isFull ? 2 : 0)) + start.length + 2
  const isBeside = columns - used >= FIELDS_MIN
  const room = columns - below.length - 4
  const end = isCut ? room : Number.POSITIVE_INFINITY
  const fields = fieldsOf(record, isBeside ? columns - used : room)
  const name = isFull ? colors.bold(actor) : actor
  const head = `${rail}${colors.dim(`${time} ${seq}`)} ${name}  ${colors.cyan(event.type)}`
  const details = [
    ...(isBeside || fields === '' ? [] : [colors.dim(fields)]),
    ...failureOf(record, end),
    ...cameBy(explained, end),
    ...changeOf(record, end, isFull),
    ...(explained.guards === undefined ? [] : guardLines(explained.guards, room, isFull, end)),
    ...said(record, room),
  ]
  const first = isBeside && fields !== '' ? `${head}  ${colors.dim(fields)}` : head
  return [first, ...details.map((line) => `${colors.dim(below)}    ${line}`)]
}

function dayOf({ at }: TransitionRecord): string {
  return timeText(at).slice(0, 10)
}

/** The event of an actor that failed. */
interface Failure {
  readonly error: { readonly message: string }
  readonly event: { readonly type: string }
  readonly directive: { readonly action: string }
}

function fieldsOf({ event }: TransitionRecord, columns: number): string {
  if (event.type === 'xstate.init') return ''
  if (event.type !== 'outcry.failed') return decisiveText(event, columns)
  const { event: failed, directive } = event as unknown as Failure
  return cut(`on=${failed.type} action=${directive.action}`, columns)
}

function failureOf({ event }: TransitionRecord, columns: number): string[] {
  if (event.type !== 'outcry.failed') return []
  return [colors.red(cut((event as unknown as Failure).error.message, columns))]
}

/** Returns how the event came: from outside, from a venue, or by a timer. */
function cameBy({ record, timer }: Explained, columns: number): string[] {
  const { cause, origin, key, request, event } = record
  const by = typeof event.by === 'string' ? `by ${event.by}` : ''
  const where = origin === undefined ? '' : `from ${origin.source}, position ${countText(origin.position)}`
  const asked = [by, key && `key ${key}`, request && `request ${request}`].filter(Boolean).join(', ')
  const lines = timer === undefined ? [] : [timerText(timer, record)]
  if (cause === null)
    lines.push(where || (asked && `a command ${asked}`) || 'from outside, by the program itself')
  else if (where !== '') lines.push(where)
  return lines.map((line) => colors.magenta(cut(line, columns)))
}

function timerText({ id, dueAt }: NonNullable<Explained['timer']>, record: TransitionRecord): string {
  const name = id === record.event.type ? 'a timer' : `the timer ${id}`
  const due = dueAt === undefined || dueAt === record.at ? '' : `, due ${timeText(dueAt)}`
  return `by ${name} that ${record.cause} set${due}`
}

function changeOf(
  { from, to, status, stashed, unhandled }: TransitionRecord,
  columns: number,
  isFull: boolean,
): string[] {
  const [was, is] = [leavesOf(from), leavesOf(to)]
  const gone = was.filter((leaf) => !is.includes(leaf))
  const come = is.filter((leaf) => !was.includes(leaf))
  const ends = status === undefined ? '' : ` (${status})`
  if (stashed) return [colors.yellow('kept until the actor has restarted or is released')]
  if (from === null) return [cut(`starts in ${is.join(' ')}${ends}`, columns)]
  if (gone.length + come.length > 0) return [cut(`${gone.join(' ')} -> ${come.join(' ')}${ends}`, columns)]
  if (ends !== '') return [`ends${ends}`]
  return isFull
    ? [
        colors.dim(
          cut(unhandled ? `${is.join(' ')} does nothing about it` : `stays ${is.join(' ')}`, columns),
        ),
      ]
    : []
}

function leavesOf(value: TransitionRecord['from']): string[] {
  return value === null ? [] : stateText(value).split(' ')
}

/** Returns what the actor said: the events that it emitted, and what it asked of ports. */
function said({ emitted = [], intents = [] }: TransitionRecord, columns: number): string[] {
  const line = (verb: string, event: TransitionRecord['event'], more = '') => {
    const start = `${verb} ${event.type}${more}`
    const fields = decisiveText(event, columns - start.length - 1)
    return `${colors.green(verb)} ${event.type}${more}${fields === '' ? '' : ` ${colors.dim(fields)}`}`
  }
  return [
    ...emitted.map((event) => line('emitted', event)),
    ...intents.map(({ event, port }) => line('asked', event, ` of port/${port}`)),
  ]
}
