/** The whole log as a strip by time: what was notable, the equity, the life of the chosen actor, and the moment. */
import { computed, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useWidth } from '../frame/width.ts'
import { head } from '../log/actors.ts'
import { chosen } from '../log/chosen.ts'
import { faultOf } from '../log/loading.ts'
import { isGrave, notable } from '../log/news.ts'
import { beginning, run, stretch, worth } from '../log/run.ts'
import { goToTime, momentAt, moveFault } from '../state/moment.ts'
import { moment } from '../state/place.ts'
import { countText } from '../text/numbers.ts'
import { timeText } from '../text/time.ts'
import { lineOf, marksOf, placesOf, type Span, timeOf } from './scale.ts'

const HEIGHT = 36
/** Where the equity lies, below the marks. */
const TOP = 9

const width = signal(1_000)
const span = computed<Span>(() => ({
  from: beginning.value.value ?? head.value.at,
  to: Math.max(head.value.at, (beginning.value.value ?? 0) + 1),
  width: width.value,
}))
/** The points of the log as it was, and what has come since. */
const marks = computed(() => {
  const { points = [], toSeq = 0 } = stretch.value.value ?? {}
  const before = points.flatMap(({ at, marks: of = [] }) =>
    of.map((mark) => ({ at, isGrave: isGrave(mark) })),
  )
  const since = notable.value.filter(({ seq }) => seq > toSeq)
  const news = since.map((event) => ({ at: event.at, isGrave: isGrave(event) }))
  return marksOf([...before, ...news], span.value)
})
/** Of several accounts, that of the figures at the top. */
const equity = computed(() => {
  const first = run.value.value?.accounts[0]?.venue
  const of = worth.value.filter(({ venue }) => first === undefined || venue === first)
  const line = of.map(({ at, event }) => ({ at, value: Number(event.equity) }))
  return lineOf(line, span.value, TOP + 2, HEIGHT - 4)
})

export function Strip(): JSX.Element {
  const root = useWidth(width)
  const is = span.value
  const life = chosen.value.value?.life
  const [from, to] = placesOf(
    [life?.first?.at ?? 0, chosen.value.value?.actor?.at ?? life?.records.at(-1)?.at ?? 0],
    is,
  )
  const at = momentAt.value
  const end = moment.value === undefined ? is.to : undefined
  const [x] = placesOf([at ?? end ?? []].flat(), is)
  return (
    <div
      id="strip"
      ref={root}
      role="slider"
      tabIndex={0}
      aria-label="Moment in the log"
      aria-valuemin={Math.trunc(is.from)}
      aria-valuemax={Math.trunc(is.to)}
      aria-valuenow={Math.trunc(at ?? is.to)}
      aria-valuetext={`${at !== undefined ? timeText(at, is.to) : end === undefined ? 'a time that is being read' : 'the end'}, ${moment.value === undefined ? 'live' : `seq ${countText(moment.value)}`}`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId)
        scrub(event)
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) scrub(event)
      }}
    >
      <svg width={is.width} height={HEIGHT} aria-hidden="true">
        {life?.first !== undefined && from !== undefined && to !== undefined && (
          <rect class="life" x={from} y={TOP} width={Math.max(2, to - from)} height={HEIGHT - TOP} />
        )}
        <path class="equity" d={equity.value} />
        {marks.value.map(({ x: place, isGrave: grave }) => (
          <path key={`${place}`} class={grave ? 'mark grave' : 'mark'} d={`M${place} 1l4.5 7h-9z`} />
        ))}
        {x !== undefined && (
          <>
            <path class="playhead" d={`M${x} 8V${HEIGHT}`} />
            <path class="playhead-top" d={`M${x - 5} 0h10l-5 8z`} />
          </>
        )}
      </svg>
    </div>
  )
}

let wanted: number | undefined
let isAsking = false

/** Goes to the time under the pointer. While an answer is under way, only the last place counts. */
function scrub({ currentTarget, clientX }: PointerEvent & { readonly currentTarget: HTMLElement }): void {
  const { left } = currentTarget.getBoundingClientRect()
  wanted = timeOf(clientX - left, span.value)
  void follow()
}

async function follow(): Promise<void> {
  if (isAsking) return
  isAsking = true
  try {
    while (wanted !== undefined) {
      const at = wanted
      wanted = undefined
      await goToTime(at, 'step').catch((error) => {
        moveFault.value = faultOf(error)
      })
    }
  } finally {
    isAsking = false
  }
}
