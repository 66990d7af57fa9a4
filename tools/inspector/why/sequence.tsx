/** The records of a chain, one below another, with what each sent to whom. The rows are one stop of Tab. */
import type { JSX } from 'preact'
import { useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import type { Explanation } from '../../../src/client/index.ts'
import { choice } from '../state/place.ts'
import { countText } from '../text/numbers.ts'
import { askDeeper, hasDeeper, showMore, shown } from './data.ts'
import { Item } from './item.tsx'
import { LANES_FROM, type Lane, type Layout, layoutOf, TIME_PX } from './layout.ts'
import { active, onKey, reveal, useFocusKept } from './rows.ts'
import { beginningOf, type Step } from './steps.ts'

/** Room at the right of the sequence. */
const SIDE_PX = 14

interface SequenceProps {
  readonly of: Explanation
  /** Width of the panel. */
  readonly width: number
}

export function Sequence({ of, width }: SequenceProps): JSX.Element {
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
            panelWidth={width}
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
  if (is.cutAt !== undefined)
    return <p class="why-start">What caused it was deleted: the log begins at seq {countText(is.cutAt)}.</p>
  if (!is.isWhole) return <p class="why-start">Earlier records are left out: the chain is too long.</p>
  return record.cause === null ? <p class="why-start">{beginningOf(record).text}</p> : null
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
