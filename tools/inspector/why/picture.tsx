/** The arrow of a record, with its name above and what came of it below. */
import type { JSX } from 'preact'
import type { Arrow, Label, Row } from './layout.ts'
import type { Role } from './steps.ts'

/** Size of an arrow's head, and of the loop of an actor that tells itself something. */
const HEAD = 7
const LOOP = 20

interface PictureProps {
  readonly row: Row
  readonly width: number
  readonly role: Role
}

export function Picture({ row, width, role }: PictureProps): JSX.Element {
  const { label, arrow, outcome, asks, height } = row
  return (
    <span class="why-picture">
      <svg width={width} height={height} aria-hidden="true">
        <Way arrow={arrow} />
        {asks.map(({ arrow: way }) => (
          <Way key={way.y} arrow={way} isAsk={true} />
        ))}
      </svg>
      <Said label={label} />
      {outcome !== undefined && (
        <span
          class={`why-pill ${outcome.kind}${role === 'moment' ? ' now' : ''}`}
          style={{ left: `${outcome.x}px`, top: `${outcome.y}px`, width: `${outcome.width}px` }}
        >
          {outcome.text}
        </span>
      )}
      {asks.map(({ label: said }) => (
        <Said key={said.y} label={said} isAsk={true} />
      ))}
    </span>
  )
}

function Said({ label, isAsk = false }: { readonly label: Label; readonly isAsk?: boolean }): JSX.Element {
  const { x, y, width, event, detail } = label
  return (
    <span
      class={`why-label${isAsk ? ' ask' : ''}`}
      style={{ left: `${x}px`, top: `${y}px`, width: `${width}px` }}
    >
      <b class="mono">{event}</b> {detail !== '' && <span>{detail}</span>}
    </span>
  )
}

function Way({ arrow, isAsk = false }: { readonly arrow: Arrow; readonly isAsk?: boolean }): JSX.Element {
  const { from, to, y, isOutside } = arrow
  const kind = isAsk ? 'why-way ask' : 'why-way'
  if (from === to) {
    const top = y - 4
    const low = y + 4
    return (
      <g class={kind}>
        <path class="stroke" d={`M${to} ${top}h${LOOP - 4}q4 0 4 4t-4 4h${-(LOOP - 4 - HEAD)}`} />
        <path class="tip" d={`M${to} ${low}l${HEAD} -3.5v7z`} />
      </g>
    )
  }
  const way = Math.sign(to - from)
  const start = isOutside ? from + 4 * way : from
  return (
    <g class={kind}>
      {isOutside && <circle class="stroke" cx={from} cy={y} r="3" />}
      <path class="stroke" d={`M${start} ${y}H${to - (HEAD - 1) * way}`} />
      <path class="tip" d={`M${to} ${y}l${-HEAD * way} -3.5v7z`} />
    </g>
  )
}
