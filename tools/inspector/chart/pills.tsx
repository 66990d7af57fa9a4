/** The pills `+n`: how many ways are not drawn, because no actor took them. Pointing at one draws them. */
import type { JSX } from 'preact'
import { fullText } from './blocks.ts'
import { hiddenWays } from './elk-graph.ts'
import type { Rect } from './geometry.ts'
import { type Group, isAmong, type StateNode, type WayKey } from './graph.ts'
import type { Lit } from './lit.ts'
import type { Drawing } from './pictures.ts'
import { unseenText } from './sample.ts'

export interface PillsProps {
  readonly drawing: Drawing
  readonly lit: Lit
  /** The one whose ways stay drawn. */
  readonly kept: Group | StateNode | undefined
  readonly onPoint: (at: Group | StateNode | undefined) => void
  readonly onKeep: (at: Group | StateNode) => void
}

export function Pills({ drawing, lit, kept, onPoint, onKeep }: PillsProps): JSX.Element {
  return (
    <>
      {pillsOf(drawing, lit).map(({ id, of, at, count, text }) => (
        <g
          key={id}
          class={`pill${kept === of ? ' kept' : ''}`}
          role="button"
          tabIndex={0}
          aria-pressed={kept === of}
          aria-label={text}
          transform={`translate(${at.x} ${at.y})`}
          onPointerEnter={() => onPoint(of)}
          onPointerLeave={() => onPoint(undefined)}
          onFocus={() => onPoint(of)}
          onBlur={() => onPoint(undefined)}
          onPointerDown={(event) => event.stopPropagation()}
          onClick={() => onKeep(of)}
          onKeyDown={(event) => {
            if (event.key !== 'Enter' && event.key !== ' ') return
            event.preventDefault()
            onKeep(of)
          }}
        >
          <rect class="reach" x={-4} y={-8} width={at.width + 8} height={at.height + 16} />
          <rect width={at.width} height={at.height} rx={at.height / 2} />
          <text x={at.width / 2} y={at.height / 2 + 4}>
            +{count}
          </text>
          <title>{text}</title>
        </g>
      ))}
    </>
  )
}

interface Pill {
  readonly id: string
  readonly of: Group | StateNode
  readonly at: Rect
  readonly count: number
  readonly text: string
}

/** Returns the pills with something behind them. A way that was taken since the layout is drawn, and counts no more. */
function pillsOf({ graph, picture }: Drawing, { all, now }: Lit): Pill[] {
  const { keys } = picture.shown
  const isKnown = all.size > 0
  const isHidden = (of: { readonly keys: readonly WayKey[] }) =>
    ![keys, now, all].some((set) => isAmong(of.keys, set))
  const said = isKnown ? unseenText('taken', picture.shown.sample) : 'not drawn'
  const labels = picture.labels.flatMap(({ group, x, y, pill }): Pill[] => {
    const branches = group.branches.filter(isHidden)
    if (pill === undefined || branches.length === 0) return []
    const text = `${branches.length} ${said}. ${fullText({ ...group, branches })}`
    return [
      {
        id: group.id,
        of: group,
        at: { ...pill, x: x + pill.x, y: y + pill.y },
        count: branches.length,
        text,
      },
    ]
  })
  const states = picture.states.flatMap(({ state, x, y, pill }): Pill[] => {
    const shown = { ...picture.shown, keys: new Set([...keys, ...all.keys(), ...now]) }
    const count = hiddenWays(state, graph, shown)
    if (pill === undefined || count === 0) return []
    const groups = graph.groups.filter((group) => group.source === state && group.branches.every(isHidden))
    const rows = state.rows.filter(isHidden).map(({ event }) => `${event} in ${state.definition.key}`)
    const text = [`${count} ${said}.`, ...groups.map(fullText), ...rows].join('\n')
    return [{ id: state.id, of: state, at: { ...pill, x: x + pill.x, y: y + pill.y }, count, text }]
  })
  return [...labels, ...states]
}
