/** The texts within a state and within a label, and the room that they take. Pure. */
import type { Rect } from './geometry.ts'
import type { Group, Row, StateNode, WayKey } from './graph.ts'
import { cut, STYLES, type Style, widthOf, wrapped } from './measure.ts'
import { stemOf } from './names.ts'

/** A text at a place: `x` at its left, `y` at its baseline. */
export interface Text {
  readonly text: string
  readonly style: Style
  readonly x: number
  readonly y: number
}

/** Texts in a box, from the corner of the box. */
export interface Block {
  readonly width: number
  readonly height: number
  readonly texts: readonly Text[]
  /** Place of the pill `+n`, when the block has one. */
  readonly pill?: Rect
  /** Places of the counts of rows, with the keys of their transitions. */
  readonly counts: readonly { readonly keys: readonly WayKey[]; readonly x: number; readonly y: number }[]
}

const LINE = 15
const PAD_X = 10
const PAD_Y = 5
/** Room of a count, which has at most four characters. */
export const COUNT_WIDTH = 30
const PILL = { width: 30, height: 14 }
const GAP = 8
/** The dot of an active state, behind its key. */
export const ACTIVE_DOT = { radius: 4, gap: 7 }
/** Widest text of a label and of a row. */
const TEXT_MAX = 216
/** Width at which the actions of a label wrap, unless its event is wider. */
const WRAP = 132
const LINES_MAX = 2
const COLUMN_GAP = 22
/** Px by which the further lines of a row stand in. */
const INDENT = 12

export function boxOf({ text, style, x, y }: Text): Rect {
  const { size } = STYLES[style]
  return { x, y: y - size, width: widthOf(text, style), height: size * 1.25 }
}

/** The lines of a label: the event with its guard, then its actions. One that no line leads to says where it comes from. */
export function labelBlock(group: Group, hidden: number): Block {
  const guards = guardLines(group)
  const event = cut(group.event, 'event', TEXT_MAX)
  const [first = ''] = guards
  const joined = widthOf(`${event} ${first}`, 'event')
  const isJoined = guards.length === 1 && joined <= TEXT_MAX
  const lines: Line[][] = isJoined
    ? [
        [
          [event, 'event'],
          [first, 'guard'],
        ],
      ]
    : [[[event, 'event']]]
  if (!isJoined)
    for (const guard of guards)
      for (const line of wrapped(guard, 'guard', TEXT_MAX, LINES_MAX)) lines.push([[line, 'guard']])
  if (group.fromAny) lines.unshift([['from any state', 'action']])
  const width = Math.max(WRAP, ...lines.map(lineWidth))
  if (group.actions.length > 0)
    for (const line of wrapped(group.actions.map(actionText).join(', '), 'action', width, LINES_MAX + 1))
      lines.push([[line, 'action']])
  return blockOf(lines, hidden > 0)
}

/** Returns what is said of the guards: one line for all that name their target, or a line for each target. */
function guardLines({ branches }: Group): string[] {
  const guarded = branches.flatMap((branch) => branch.guards.map((guard) => ({ guard, branch })))
  if (guarded.every(({ guard }) => guard === undefined)) return []
  const [only] = guarded
  if (guarded.length === 1 && only?.guard !== undefined)
    return [`[${headOf(only.guard, only.branch.target.definition.key)}]`]
  const stems = new Set(
    guarded.flatMap(({ guard, branch }) =>
      guard === undefined ? [] : [stemOf(guard, branch.target.definition.key) ?? `=${guard}`],
    ),
  )
  const hasElse = guarded.some(({ guard }) => guard === undefined)
  const [stem = ''] = stems
  if (stems.size === 1 && !stem.startsWith('=')) return [hasElse ? `[${stem}, else]` : `[${stem}]`]
  return branches.map(({ guards, target }) => {
    const names = guards.map((guard) => guard ?? 'else')
    return `[${names.join(' or ')}] → ${target.definition.key}`
  })
}

/** Returns a guard that stands alone. Only what has parameters is shortened when it names its target. */
function headOf(guard: string, target: string): string {
  return guard.includes(' ') ? (stemOf(guard, target) ?? guard.replace(/^\((.*)\)$/, '$1')) : guard
}

export function actionText(name: string): string {
  return name.replace(/^xstate\./, '')
}

type Line = readonly [text: string, style: Style]

const SPACE = 6

function lineWidth(line: readonly Line[]): number {
  return line.reduce((sum, [text, style]) => sum + widthOf(text, style) + SPACE, -SPACE)
}

function blockOf(lines: readonly (readonly Line[])[], hasPill: boolean): Block {
  const texts: Text[] = []
  lines.forEach((line, i) => {
    let x = PAD_X
    for (const [text, style] of line) {
      texts.push({ text, style, x, y: PAD_Y + 11 + i * LINE })
      x += widthOf(text, style) + SPACE
    }
  })
  const pillRoom = hasPill ? PILL.width + GAP : 0
  const [first = []] = lines
  const inner = Math.max(lineWidth(first) + pillRoom, ...lines.map(lineWidth))
  const width = Math.ceil(inner + 2 * PAD_X)
  const height = lines.length * LINE + 2 * PAD_Y - 1
  return { width, height, texts, counts: [], ...(hasPill && { pill: pillAt(width) }) }
}

function pillAt(width: number): Rect {
  return { x: width - PILL.width - 6, y: 4, ...PILL }
}

/** A line in a state, with the keys of its transitions when it has a count. */
interface StateLine {
  readonly parts: readonly (readonly Line[])[]
  readonly keys: readonly WayKey[]
}

function rowLines(row: Row, own: string): StateLine {
  const guards = row.guards.map((guard) => headOf(guard, own))
  const guard = guards.length > 0 ? `[${guards.join(' or ')}]` : ''
  const event = `${row.reenters ? '↻ ' : ''}${row.event}${row.to === undefined ? '' : ` → ${row.to}`}`
  const actions = row.actions.map(actionText).join(', ')
  const head: Line[] = [[cut(event, 'event', TEXT_MAX), 'event']]
  if (guard !== '') head.push([cut(guard, 'guard', TEXT_MAX), 'guard'])
  const tail: Line[] = actions === '' ? [] : [[`/ ${actions}`, 'action']]
  if (lineWidth([...head, ...tail]) <= TEXT_MAX) return { parts: [[...head, ...tail]], keys: row.keys }
  const parts: Line[][] = lineWidth(head) <= TEXT_MAX ? [head] : head.map((part) => [part])
  for (const [text, style] of tail)
    for (const line of wrapped(text, style, TEXT_MAX - INDENT, LINES_MAX)) parts.push([[line, style]])
  return { parts, keys: row.keys }
}

function plainLines({ definition }: StateNode): StateLine[] {
  const line = (word: string, name: string): StateLine => ({
    parts: [
      [
        [word, 'guard'],
        [cut(actionText(name), 'action', TEXT_MAX - 50), 'action'],
      ],
    ],
    keys: [],
  })
  return [
    ...definition.entry.map((name) => line('entry', name)),
    ...definition.exit.map((name) => line('exit', name)),
    ...definition.invoke.map(({ id, src }) => line('invoke', src.startsWith('xstate.invoke') ? id : src)),
  ]
}

export interface StateBlockOptions {
  /** The rows that are there. */
  readonly rows: readonly Row[]
  /** True when it has a pill `+n`. */
  readonly hasPill: boolean
  /** True when counts stand beside its rows. */
  readonly hasCounts: boolean
  /** Greatest width of rows side by side. */
  readonly room: number
  readonly title?: string
}

/** The texts of a state: its key, what it does by entering and leaving, and the transitions that stay in it. */
export function stateBlock(state: StateNode, options: StateBlockOptions): Block {
  const { rows, hasPill, hasCounts, room, title } = options
  const { definition, isRegion } = state
  const isTitle = isRegion || title !== undefined
  const style = isTitle ? 'title' : 'key'
  const key = cut(title ?? definition.key, style, TEXT_MAX)
  const texts: Text[] = [{ text: key, style, x: 12, y: 19 }]
  // Behind the key, so that no text moves when the state becomes active.
  const dotRoom = isTitle ? 0 : ACTIVE_DOT.gap + 2 * ACTIVE_DOT.radius
  const counts: { keys: readonly WayKey[]; x: number; y: number }[] = []
  const lines = [...plainLines(state), ...rows.map((row) => rowLines(row, definition.key))]
  const countRoom = hasCounts ? COUNT_WIDTH + 4 : 0
  const columnWidth = Math.max(
    0,
    ...lines.flatMap(({ parts }) => parts.map((part, i) => lineWidth(part) + (i === 0 ? countRoom : INDENT))),
  )
  const columns = Math.max(
    1,
    Math.min(lines.length, Math.floor((room - 24 + COLUMN_GAP) / (columnWidth + COLUMN_GAP))),
  )
  const all = lines.reduce((sum, { parts }) => sum + parts.length, 0)
  const perColumn = Math.ceil(all / columns)
  const top = 26
  let [column, used, tallest] = [0, 0, 0]
  for (const { parts, keys } of lines) {
    if (used > 0 && used + parts.length > perColumn && column < columns - 1) {
      column++
      used = 0
    }
    const left = 12 + column * (columnWidth + COLUMN_GAP)
    parts.forEach((part, i) => {
      let x = left + (i === 0 ? 0 : INDENT)
      const y = top + 12 + (used + i) * LINE
      for (const [text, partStyle] of part) {
        texts.push({ text, style: partStyle, x, y })
        x += widthOf(text, partStyle) + SPACE
      }
      if (i === 0 && hasCounts && keys.length > 0) counts.push({ keys, x: left + columnWidth, y })
    })
    used += parts.length
    tallest = Math.max(tallest, used)
  }
  const shown = lines.length === 0 ? 0 : column + 1
  const rowsWidth = shown * (columnWidth + COLUMN_GAP) - COLUMN_GAP
  const pillRoom = hasPill ? PILL.width + GAP : 0
  const width = Math.ceil(Math.max(64, widthOf(key, style) + dotRoom + pillRoom + 24, rowsWidth + 24))
  const height = top + (tallest === 0 ? 2 : tallest * LINE + 8)
  return { width, height, texts, counts, ...(hasPill && { pill: { ...pillAt(width), y: 7 } }) }
}

/** Returns the whole text of a state, for a pointer: what it is, and all transitions that stay in it. */
export function stateText({ id, definition, rows }: StateNode): string {
  const { description, tags } = definition
  const lines = rows.map(({ event, guards, actions }) => {
    const guard = guards.length > 0 ? ` [${guards.join(' or ')}]` : ''
    return `${event}${guard}${actions.length > 0 ? ` / ${actions.map(actionText).join(', ')}` : ''}`
  })
  const about = tags.length > 0 ? [`tags: ${tags.join(', ')}`] : []
  return [id, ...(description === undefined ? [] : [description]), ...about, ...lines].join('\n')
}

/** Returns the whole text of a group, for a pointer and for readers. */
export function fullText({ event, actions, branches, source, fromAny }: Group): string {
  const from = fromAny ? `anywhere in ${source.definition.key}` : source.definition.key
  const ways = branches.map(({ guards, target }) => {
    const named = guards.filter((guard) => guard !== undefined)
    return `${named.length > 0 ? `[${named.join(' or ')}] ` : ''}→ ${target.definition.key}`
  })
  return [
    `${event} from ${from}`,
    ...ways,
    ...(actions.length > 0 ? [`does ${actions.map(actionText).join(', ')}`] : []),
  ].join('\n')
}
