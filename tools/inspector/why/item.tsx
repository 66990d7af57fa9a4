/** A record of a sequence: its arrow, or its lines in a list, and what its machine was asked when it is open. */
import type { JSX } from 'preact'
import { Parted } from '../frame/name.tsx'
import { go } from '../state/place.ts'
import { eventText } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { isoOf, lengthText, timeText } from '../text/time.ts'
import { Details } from './details.tsx'
import type { Row } from './layout.ts'
import { Picture } from './picture.tsx'
import { active, isOpen, setOpen } from './rows.ts'
import { detailOf, outcomeOf, outcomeText, type Step } from './steps.ts'

/** ms between two records from which on the gap is told. */
const GAP_MS = 10

interface ItemProps {
  readonly step: Step
  readonly previous: Step | undefined
  /** Its place among the lifelines, and the width of these. Absent in a list. */
  readonly row: Row | undefined
  readonly width: number | undefined
  readonly panelWidth: number
  readonly isStop: boolean
  readonly head: JSX.Element
}

export function Item({ step, previous, row, width, panelWidth, isStop, head }: ItemProps): JSX.Element {
  const { explained, role, repeats } = step
  const { record } = explained
  const { seq, at } = record
  const before = previous?.explained.record.at
  const isShown = isOpen(step)
  const isTimed = before !== at || role === 'moment'
  const asked = explained.guards?.asked.filter(({ guards }) => guards.length > 0).length ?? 0
  return (
    <li class={`why-step ${role}`}>
      {head}
      {before !== undefined && at - before >= GAP_MS && <p class="why-gap">{gapText(before, at)}</p>}
      <div class={`why-row${isTimed ? ' timed' : ''}`} style={row && { height: `${row.height}px` }}>
        <div class="why-at mono">
          {isTimed && <time dateTime={isoOf(at)}>{timeText(at)}</time>}
          <button
            type="button"
            class="why-more"
            tabIndex={-1}
            aria-expanded={isShown}
            aria-label={`${asked > 0 ? `${asked} guards` : 'details'} of ${eventText(record.event.type)}, seq ${countText(seq)}`}
            onClick={() => setOpen(seq, !isShown)}
          >
            <span aria-hidden="true">{isShown ? '▾' : '▸'}</span>{' '}
            {asked > 0 ? `${asked} ${asked === 1 ? 'guard' : 'guards'}` : 'details'}
          </button>
        </div>
        <button
          type="button"
          class="why-go"
          data-seq={seq}
          style={width === undefined ? undefined : { width: `${width}px` }}
          tabIndex={isStop ? 0 : -1}
          aria-current={role === 'moment' ? 'step' : undefined}
          title={`${record.actor}\nseq ${countText(seq)}, ${timeText(at)}`}
          onFocus={() => {
            active.value = seq
          }}
          onClick={() => go({ choice: record.actor, moment: seq })}
        >
          {row === undefined ? <Lines step={step} /> : <Picture row={row} width={width ?? 0} role={role} />}{' '}
          <span class="vh">{spoken(step)}</span>
        </button>
      </div>
      {isShown && (
        <div class="why-asides" style={row && { width: `${panelWidth}px` }}>
          <div class="why-details">
            <Details of={explained} />
          </div>
        </div>
      )}
      {repeats > 0 && (
        <p class="why-gap">its timer came {countText(repeats)} times more, and set itself again</p>
      )}
    </li>
  )
}

/** A record in a list, where there is no room for lifelines. */
function Lines({ step: { explained, from } }: { readonly step: Step }): JSX.Element {
  const { record } = explained
  const outcome = outcomeOf(explained)
  return (
    <>
      <span class="why-said">
        <b class="mono">{eventText(record.event.type)}</b> {detailOf(record.event)}
      </span>
      <span class="why-who mono">
        <Parted name={record.actor} />
      </span>
      <span class="why-from">{from === undefined ? 'from outside' : senderText(from, record)}</span>
      {outcome !== undefined && <span class={`why-pill ${outcome.kind}`}>{outcome.text}</span>}
      {record.intents?.map(({ id, port, event }) => (
        <span key={id} class="why-from">
          asked port/{port}: {event.type}
        </span>
      ))}
    </>
  )
}

function senderText(from: string, { actor, timer }: Step['explained']['record']): string {
  if (timer !== undefined) return 'by a timer'
  return from === actor ? 'from itself' : `from ${from}`
}

/** Returns what the picture says by its place: who told whom, and when. */
function spoken({ explained, from }: Step): string {
  const { record } = explained
  const sender = from === undefined ? 'from outside' : senderText(from, record)
  return `${sender} to ${record.actor}, ${timeText(record.at)}, seq ${countText(record.seq)}. ${outcomeText(explained)}`
}

function gapText(before: number, at: number): string {
  const day = isoOf(at).slice(0, 10)
  return `${lengthText(at - before)} later${isoOf(before).startsWith(day) ? '' : `, on ${day}`}`
}
