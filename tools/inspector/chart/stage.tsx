/** A chart as SVG. It depends on nothing but its picture and what is lit. */
import type { JSX } from 'preact'
import { ACTIVE_DOT, fullText, stateText, type Text } from './blocks.ts'
import { curveOf, pathOf, type Rect } from './geometry.ts'
import type { Group, StateNode, WayKey } from './graph.ts'
import { countIn, type Degree, degreeOf, type Lit, type Loose, looseWays } from './lit.ts'
import { widthOf } from './measure.ts'
import { countText } from './names.ts'
import type { Line, Picture, PlacedLabel, PlacedState } from './picture.ts'
import type { Drawing } from './pictures.ts'
import { countBaseline } from './place-counts.ts'

export interface StageProps {
  readonly drawing: Drawing
  readonly lit: Lit
  /** Grows with each step, so that the edge just taken moves anew. */
  readonly step: number
  /** The label or the state whose ways without a place are drawn, or all. */
  readonly told: Group | StateNode | 'all' | undefined
}

export function Stage({ drawing: { graph, picture }, lit, step, told }: StageProps): JSX.Element {
  const frames = picture.states.filter((one) => isFrame(one))
  const loose = looseWays(graph, picture.shown.keys)
  const lines = picture.lines
    .map((line) => ({
      line,
      degree: line.keys.length === 0 ? ('others' as const) : degreeOf(line.keys, lit),
    }))
    .sort((a, b) => ORDER.indexOf(a.degree) - ORDER.indexOf(b.degree))
  return (
    <>
      {frames.map((one) => (
        <rect
          key={one.state.id}
          class={`frame${nameOf(one, lit)}`}
          {...boxOf(one)}
          rx={one.state.parent ? 12 : 10}
        />
      ))}
      {lines.map(({ line, degree }) => (
        <path
          key={degree === 'now' ? `${line.id} ${step}` : line.id}
          class={`line ${degree}`}
          data-line={line.id}
          d={pathOf(line.points)}
          {...(line.hasArrow && { 'marker-end': `url(#chart-${degree})` })}
        />
      ))}
      {loose.map((way) => (
        <LooseLine key={way.branch.id} way={way} picture={picture} lit={lit} told={told} step={step} />
      ))}
      {picture.dots.map(({ x, y }) => (
        <circle key={`${x} ${y}`} class="begin" cx={x} cy={y} r={4.5} />
      ))}
      {picture.states.map((one) => (
        <State key={one.state.id} one={one} lit={lit} told={told} />
      ))}
      {picture.labels.map((one) => (
        <Label key={one.group.id} one={one} lit={lit} />
      ))}
      {picture.lines.map((line) => (
        <Count key={line.id} line={line} lit={lit} />
      ))}
      <Texts texts={picture.notes} />
    </>
  )
}

const ORDER: readonly Degree[] = ['never', 'others', 'own', 'now']

/** The heads of the lines, one for each colour. */
export function Arrows(): JSX.Element {
  return (
    <defs>
      {ORDER.map((degree) => (
        <marker
          key={degree}
          id={`chart-${degree}`}
          class={`head ${degree}`}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          markerUnits="userSpaceOnUse"
          orient="auto"
        >
          <path d="M0 .6L7.4 4 0 7.4z" />
        </marker>
      ))}
    </defs>
  )
}

function isFrame({ state, isUnentered }: PlacedState): boolean {
  return state.children.length > 0 && !isUnentered
}

function boxOf({ x, y, width, height }: Rect): Rect {
  return { x, y, width, height }
}

function nameOf({ state, isUnentered }: PlacedState, { active, seen }: Lit): string {
  const kind = state.parent === undefined ? ' root' : state.isRegion ? ' region' : ''
  if (isUnentered) return `${kind} unentered${active.has(state) ? ' active' : ''}`
  return `${kind} ${active.has(state) ? 'active' : seen.has(state) ? 'seen' : ''}`
}

function State({ one, lit, told }: { one: PlacedState; lit: Lit; told: StageProps['told'] }): JSX.Element {
  const { state, x, y, width, height, texts, counts } = one
  const { type, key } = state.definition
  const isTold =
    typeof told === 'object' && 'branches' in told && told.branches.some(({ target }) => target === state)
  const name = `state${nameOf(one, lit)}${isTold ? ' told' : ''}${isFrame(one) ? ' around' : ''}`
  return (
    <g class={name} data-state={state.id} transform={`translate(${x} ${y})`}>
      {!isFrame(one) && type !== 'history' && <rect width={width} height={height} rx={8} />}
      {type === 'final' && <rect class="final" x={3} y={3} width={width - 6} height={height - 6} rx={6} />}
      {type === 'history' && <circle cx={width / 2} cy={height / 2} r={width / 2 - 1} />}
      {type === 'history' && (
        <text class="action" x={width / 2 - 4.5} y={height / 2 + 4}>
          H
        </text>
      )}
      <Texts texts={texts} />
      <title>{stateText(state)}</title>
      {lit.active.has(state) && !isFrame(one) && (
        <circle
          class="dot"
          cx={
            12 +
            widthOf(texts[0]?.text ?? key, one.isUnentered ? 'action' : 'key') +
            ACTIVE_DOT.gap +
            ACTIVE_DOT.radius
          }
          cy={(texts[0]?.y ?? 20) - 4.5}
          r={ACTIVE_DOT.radius}
        />
      )}
      {counts.map((count) => (
        <text
          key={`${count.x} ${count.y}`}
          class={`count end ${degreeOf(count.keys, lit)}`}
          x={count.x}
          y={count.y}
        >
          {countOf(count.keys, lit)}
        </text>
      ))}
    </g>
  )
}

function Label({
  one: { group, x, y, width, height, texts },
  lit,
}: {
  one: PlacedLabel
  lit: Lit
}): JSX.Element {
  const degree = degreeOf(
    group.branches.flatMap(({ keys }) => keys),
    lit,
  )
  return (
    <g class={`label ${degree}`} data-label={group.id} transform={`translate(${x} ${y})`}>
      <rect width={width} height={height} rx={7} />
      <Texts texts={texts} />
      <title>{fullText(group)}</title>
    </g>
  )
}

function Texts({ texts }: { texts: readonly Text[] }): JSX.Element {
  return (
    <>
      {texts.map(({ text, style, x, y }) => (
        <text key={`${x} ${y}`} class={style} x={x} y={y}>
          {text}
        </text>
      ))}
    </>
  )
}

function Count({ line: { keys, count, points }, lit }: { line: Line; lit: Lit }): JSX.Element | null {
  const text = countOf(keys, lit)
  if (count === undefined || text === '' || widthOf(text, 'count') > count.width) return null
  const right = count.x + count.width
  // At the left of its line a count ends there, and at the right it begins there.
  const isLeft = right < (points.at(-1)?.x ?? 0)
  return (
    <text
      class={`count ${isLeft ? 'end ' : ''}${degreeOf(keys, lit)}`}
      x={isLeft ? right : count.x}
      y={countBaseline(count)}
    >
      {text}
    </text>
  )
}

function countOf(keys: readonly WayKey[], { all }: Lit): string {
  const count = countIn(keys, all)
  return count === 0 ? '' : countText(count)
}

interface LooseProps {
  readonly way: Loose
  readonly picture: Picture
  readonly lit: Lit
  readonly told: StageProps['told']
  readonly step: number
}

/** A way without a place: drawn where it lies once it is taken, and else while somebody asks for it. */
function LooseLine({ way: { group, branch }, picture, lit, told, step }: LooseProps): JSX.Element | null {
  const degree = degreeOf(branch.keys, lit)
  const isAsked = told === 'all' || told === group || told === group.source
  if ((degree === 'never' || degree === 'others') && !isAsked) return null
  const from =
    picture.labels.find((label) => label.group === group) ??
    picture.states.find(({ state }) => state === group.source)
  const to = picture.states.find(({ state }) => state === branch.target)
  if (from === undefined || to === undefined) return null
  return (
    <path
      key={degree === 'now' ? step : 0}
      class={`line loose ${degree}`}
      d={curveOf(from, to)}
      marker-end={`url(#chart-${degree})`}
    />
  )
}
