/** The records of a chain, one below another, with what each sent to whom. The rows are one stop of Tab. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Explanation } from '../../../src/client/index.ts'
import { Parted } from '../frame/name.tsx'
import { choice, go } from '../state/place.ts'
import { eventText } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { isoOf, lengthText, timeText } from '../text/time.ts'
import { askDeeper, hasDeeper, showMore, shown } from './data.ts'
import { Details } from './details.tsx'
import { LANE_MIN, LANES_FROM, type Lane, type Layout, layoutOf, type Row, TIME_PX } from './layout.ts'
import { Picture } from './picture.tsx'
import { beginningOf, detailOf, outcomeOf, outcomeText, type Step } from './steps.ts'

/** ms between two records from which on the gap is told. */
const GAP_MS = 10
/** Room at the right of the sequence. */
const SIDE_PX = 14

/** seq of the row that has the focus when the rows have it. */
const active = signal(0)
/** The rows that a person has opened or closed, by seq. That of the moment is open by itself. */
const opened = signal<ReadonlyMap<number, boolean>>(new Map())

const isOpen = ({ role, explained }: Step): boolean =>
  opened.value.get(explained.record.seq) ?? role === 'moment'

function setOpen(seq: number, isOpen: boolean): void {
  opened.value = new Map(opened.value).set(seq, isOpen)
}

export function Sequence({ of, width }: { readonly of: Explanation; readonly width: number }): JSX.Element {
  const root = useRef<HTMLDivElement>(null)
  const is = shown.value
  const { first, steps, before, after } = is
  const room = width - SIDE_PX
  const [rows, layout] = useMemo(() => {
    const rows = first === undefined ? steps : [first, ...steps]
    return [rows, room >= LANES_FROM ? layoutOf(rows, room) : undefined] as const
  }, [is, room])
  const seq = rows.find(({ role }) => role === 'moment')?.explained.record.seq ?? of.record.seq
  const stop = rows.some(({ explained }) => explained.record.seq === active.value) ? active.value : seq
  useFocusKept(root, stop)
  useLayoutEffect(() => {
    active.value = seq
  }, [seq])
  const row = layout?.rows.find((one) => one.seq === seq)
  const isWide = rows.some(({ role }) => role === 'beside')
  // Rows that are added below do not move what a person looks at.
  useLayoutEffect(() => reveal(root.current, seq, row), [seq, isWide, layout === undefined])
  const [start] = rows
  return (
    <div
      class={`sequence ${layout === undefined ? 'as-list' : 'as-lanes'}`}
      ref={root}
      style={layout === undefined ? undefined : { width: `${TIME_PX + layout.width}px` }}
      onKeyDown={(event) => onKey(event, rows, stop)}
    >
      {layout !== undefined && <Lanes layout={layout} />}
      <ol aria-label="The records, in the order of the log">
        {rows.map((step, i) => (
          <Item
            key={step.explained.record.seq}
            step={step}
            previous={rows[i - 1]}
            row={layout?.rows[i]}
            width={layout?.width}
            room={room}
            isStop={step.explained.record.seq === stop}
            head={
              <>
                {step === start && <Start is={of} step={step} />}
                {step === steps[0] && <Fold count={before} where="before" />}
                {step.role === 'effect' && rows[i - 1]?.role === 'moment' && (
                  <h3 class="why-led">It led to</h3>
                )}
              </>
            }
          />
        ))}
      </ol>
      <Fold count={after} where="after" />
      <Rest is={of} />
    </div>
  )
}

/** The actors above their lifelines. */
function Lanes({ layout }: { readonly layout: Layout }): JSX.Element {
  const { lanes, laneWidth } = layout
  const left = (x: number) => `${TIME_PX + x - laneWidth / 2}px`
  const isChosen = ({ address }: Lane) => address === choice.value
  return (
    <>
      <div class="why-lanes" aria-hidden="true">
        {lanes.map((lane) => (
          <p
            key={lane.address}
            class={isChosen(lane) ? 'chosen' : undefined}
            title={lane.address}
            style={{ left: left(lane.x), width: `${laneWidth}px` }}
          >
            <span>{lane.kind}</span>
            <b>{lane.name}</b>
          </p>
        ))}
      </div>
      <div class="why-lines" aria-hidden="true">
        {lanes.map((lane) => (
          <i
            key={lane.address}
            class={isChosen(lane) ? 'chosen' : undefined}
            style={{ left: `${TIME_PX + lane.x}px` }}
          />
        ))}
      </div>
    </>
  )
}

/** What began it, above the first record. */
function Start({ is, step }: { readonly is: Explanation; readonly step: Step }): JSX.Element | null {
  const { record } = step.explained
  if (!is.isWhole) return <p class="why-start">Earlier records are left out: the chain is too long.</p>
  return record.cause === null ? <p class="why-start">{beginningOf(record).text}</p> : null
}

interface ItemProps {
  readonly step: Step
  readonly previous: Step | undefined
  /** Absent in a list. */
  readonly row: Row | undefined
  readonly width: number | undefined
  /** Width of the panel. */
  readonly room: number
  readonly isStop: boolean
  readonly head: JSX.Element
}

function Item({ step, previous, row, width, room, isStop, head }: ItemProps): JSX.Element {
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
        <div class="why-asides" style={row && { width: `${room + SIDE_PX}px` }}>
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

/** The steps that are left out for now. */
function Fold({
  count,
  where,
}: {
  readonly count: number
  readonly where: 'before' | 'after'
}): JSX.Element | null {
  if (count === 0) return null
  return (
    <p class="why-fold">
      {countText(count)} {count === 1 ? 'record' : 'records'} {where === 'before' ? 'between' : 'more'}
      <button type="button" class="btn" onClick={showMore}>
        Show more
      </button>
    </p>
  )
}

/** What the answer has left out. */
function Rest({ is }: { readonly is: Explanation }): JSX.Element | null {
  const { leftOut, partly, effects } = is
  if (leftOut === 0 && partly.length === 0)
    return effects.length === 0 ? <p class="why-fold">It led to no other record.</p> : null
  return (
    <>
      {leftOut > 0 && (
        <p class="why-fold">
          {countText(leftOut)} {leftOut === 1 ? 'record' : 'records'} more followed, with what they led to
          {hasDeeper(is) ? (
            <button type="button" class="btn" onClick={() => askDeeper(is)}>
              Follow them
            </button>
          ) : (
            '. Go to one of the last records to see it.'
          )}
        </p>
      )}
      {partly.length > 0 && (
        <p class="why-fold">
          Records may be missing: the later ones of {partly.join(', ')} were searched in part.
        </p>
      )}
    </>
  )
}

function rowOf(root: HTMLElement | null, seq: number): HTMLElement | null {
  return root?.querySelector(`.why-go[data-seq="${seq}"]`) ?? null
}

/** Scrolls the row of the moment into view, with both ends of its arrow. */
function reveal(root: HTMLElement | null, seq: number, row: Row | undefined): void {
  rowOf(root, seq)?.closest('.why-step')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  const panel = root?.parentElement
  if (row === undefined || !panel) return
  const { from, to } = row.arrow
  const right = TIME_PX + Math.max(from, to) + LANE_MIN / 2
  if (right > panel.scrollLeft + panel.clientWidth) panel.scrollLeft = right - panel.clientWidth
  panel.scrollLeft = Math.min(panel.scrollLeft, Math.max(0, Math.min(from, to) - LANE_MIN / 2))
}

/** Keeps the focus in the rows when the one that had it is there no more, as when a live actor moves on. */
function useFocusKept(root: { readonly current: HTMLElement | null }, stop: number): void {
  const had = useRef<EventTarget | null>(null)
  useLayoutEffect(() => {
    const node = root.current
    const onIn = ({ target }: FocusEvent) => {
      had.current = target
    }
    const onOut = ({ target, relatedTarget }: FocusEvent) => {
      // What is removed loses its focus, too, and is not in the document afterwards.
      queueMicrotask(() => {
        const isLeft = relatedTarget !== null || (target as Element).isConnected
        if (had.current === target && isLeft) had.current = null
      })
    }
    node?.addEventListener('focusin', onIn)
    node?.addEventListener('focusout', onOut)
    return () => {
      node?.removeEventListener('focusin', onIn)
      node?.removeEventListener('focusout', onOut)
    }
  }, [])
  useLayoutEffect(() => {
    const was = had.current
    if (was instanceof Element && !was.isConnected) rowOf(root.current, stop)?.focus({ preventScroll: true })
  })
}

function onKey(event: KeyboardEvent, rows: readonly Step[], stop: number): void {
  const { key, ctrlKey, altKey, metaKey, shiftKey, target, currentTarget } = event
  if (ctrlKey || altKey || metaKey || shiftKey) return
  if (!(target instanceof HTMLElement && target.matches('.why-go, .why-more'))) return
  const at = rows.findIndex(({ explained }) => explained.record.seq === stop)
  const to = (index: number) => {
    const step = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (step !== undefined) rowOf(currentTarget as HTMLElement, step.explained.record.seq)?.focus()
  }
  const ways: Readonly<Record<string, () => void>> = {
    ArrowDown: () => to(at + 1),
    ArrowUp: () => to(at - 1),
    Home: () => to(0),
    End: () => to(rows.length - 1),
    ArrowRight: () => setOpen(stop, true),
    ArrowLeft: () => setOpen(stop, false),
  }
  const way = ways[key]
  if (way === undefined) return
  event.preventDefault()
  way()
}
