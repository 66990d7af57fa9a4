/** The bar at the bottom: when. Buttons, the whole log as a strip, and the records of the chosen actor. */
import type { JSX } from 'preact'
import { head, isBeyond } from '../log/actors.ts'
import { latestRev, record } from '../log/chosen.ts'
import { lost } from '../log/connection.ts'
import { seqNow } from '../log/run.ts'
import { goToRev, isPlaying, momentAt, play, revNow, speed, stepBy } from '../state/moment.ts'
import { go, moment } from '../state/place.ts'
import { SPEEDS } from '../state/play.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, secondText, timeText } from '../text/time.ts'
import { JumpDialog, openJump } from './jump.tsx'
import { Beads } from './life.tsx'
import { Strip } from './strip.tsx'

export function MomentBar(): JSX.Element {
  const isPast = moment.value !== undefined
  return (
    <footer id="moment" class={isPast ? 'past' : ''} aria-label="Time line">
      <div class="controls">
        <Step
          name="First record"
          keys="Home"
          path="M2.5 2v10M12 7H5.5M8.5 3.5L5 7l3.5 3.5"
          isFar
          onClick={() => void goToRev(1, 'click')}
        />
        <Step name="Record before" keys="←" path="M12 7H2.5M6.5 3L2.5 7l4 4" onClick={() => stepBy(-1)} />
        <button
          type="button"
          class="btn icon"
          aria-label={isPlaying.value ? 'Pause' : 'Play'}
          title={`${isPlaying.value ? 'Pause' : 'Play the records'} (space)`}
          onClick={() => play(!isPlaying.value)}
        >
          <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
            <path d={isPlaying.value ? 'M3 2h3v10H3zM8 2h3v10H8z' : 'M3.5 2l8 5-8 5z'} fill="currentColor" />
          </svg>
        </button>
        <Step name="Next record" keys="→" path="M2 7h9.5M7.5 3l4 4-4 4" onClick={() => stepBy(1)} />
        <Step
          name="Last record"
          keys="End"
          path="M11.5 2v10M2 7h6.5M5.5 3.5L9 7l-3.5 3.5"
          isFar
          onClick={() => void goToRev(latestRev.value, 'click')}
        />
        <Speed />
        <When />
        <button type="button" class="btn" title="Jump to a time or a seq (g)" onClick={openJump}>
          Jump…
        </button>
        <button
          type="button"
          class={`btn${isPast ? ' first' : ''}`}
          title="Back to the present (l)"
          onClick={() => go({ moment: undefined })}
        >
          {isPast ? 'Go live' : 'Live'}
        </button>
      </div>
      <Strip />
      <Beads />
      <JumpDialog />
    </footer>
  )
}

function Step({
  name,
  keys,
  path,
  isFar,
  onClick,
}: {
  readonly name: string
  readonly keys: string
  readonly path: string
  readonly isFar?: true
  readonly onClick: () => void
}): JSX.Element {
  return (
    <button
      type="button"
      class={`btn icon${isFar ? ' far' : ''}`}
      aria-label={name}
      title={`${name} (${keys})`}
      onClick={onClick}
    >
      <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true">
        <path
          d={path}
          fill="none"
          stroke="currentColor"
          stroke-width="1.8"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
    </button>
  )
}

function Speed(): JSX.Element {
  return (
    <select
      class="speed"
      aria-label="Speed of play"
      title="Speed of play: steady, or the pauses that there were, so many times as fast"
      value={String(speed.value)}
      onChange={({ currentTarget }) => {
        speed.value = SPEEDS.find((one) => String(one) === currentTarget.value) ?? 'steady'
        if (isPlaying.value) play(true)
      }}
    >
      {SPEEDS.map((one) => (
        <option key={one} value={String(one)}>
          {one === 'steady' ? one : `${one}×`}
        </option>
      ))}
    </select>
  )
}

function When(): JSX.Element {
  const at = momentAt.value
  const { at: end } = head.value
  const isPast = moment.value !== undefined
  const of = record.value
  const rev = revNow.value
  const gone = lost.value
  return (
    <div class="when">
      <span class="time mono">{at === undefined ? '–' : <Time at={at} beside={end} />}</span>
      <span class="seq">seq {countText(seqNow.value)}</span>
      {gone !== undefined ? (
        <span class="chip bad">no connection since {secondText(gone.at)}</span>
      ) : isBeyond.value ? (
        <span class="chip bad">behind the end</span>
      ) : isPast ? (
        <span class="chip moment">
          the past{at === undefined ? '' : `, ${lengthText(end - at)} before the end`}
        </span>
      ) : (
        <span class="chip good">live</span>
      )}
      {rev !== undefined && (
        <span class="place">
          record {countText(rev)} of {countText(Math.max(rev, latestRev.value))}
          {!isPast && of !== undefined && end - of.at >= 1_000 && `, ${lengthText(end - of.at)} ago`}
        </span>
      )}
    </div>
  )
}

/** The time, with its day where that is another one than the end's. A small window has no room for the day. */
function Time({ at, beside }: { readonly at: number; readonly beside: number }): JSX.Element {
  const [time = '', day] = timeText(at, beside).split(' ').reverse()
  return (
    <>
      {day !== undefined && <span class="day">{day} </span>}
      {time}
    </>
  )
}
