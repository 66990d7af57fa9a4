/** The life of the chosen actor: its records around the moment, one after another, with the gaps between them. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import type { TransitionRecord } from '../../../src/client/index.ts'
import { useWidth } from '../frame/width.ts'
import { chosen, latestRev, record } from '../log/chosen.ts'
import { revNow } from '../state/moment.ts'
import { go } from '../state/place.ts'
import { shortEvent } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { lengthText, timeText } from '../text/time.ts'

/** Least room of a record in px. */
const BEAD_PX = 92
/** ms between two records from which on the gap is told. */
const GAP_MS = 10

const width = signal(1_000)

export function Beads(): JSX.Element {
  const root = useWidth(width)
  const all = chosen.value.value?.life.records ?? []
  const aimed = revNow.value
  // The records around it may be still to come.
  const now = (all.some(({ rev }) => rev === aimed) ? aimed : record.value?.rev) ?? 0
  const shown = windowOf(all, now, Math.max(3, Math.floor(width.value / BEAD_PX)))
  return (
    <div id="beads" ref={root} role="group" aria-label="Records of the chosen actor">
      {shown.map((of, i) => (
        <Bead key={of.rev} of={of} before={shown[i - 1]} now={now} />
      ))}
    </div>
  )
}

/** Returns the records that there is room for, with the one of the moment in the middle where the life goes on. */
function windowOf(all: readonly TransitionRecord[], rev: number, room: number): readonly TransitionRecord[] {
  const at = all.findIndex((of) => of.rev === rev)
  const from = Math.max(0, Math.min(at - Math.floor(room / 2), all.length - room))
  return all.slice(from, from + room)
}

function Bead({
  of,
  before,
  now,
}: {
  readonly of: TransitionRecord
  readonly before: TransitionRecord | undefined
  readonly now: number
}): JSX.Element {
  const gap = before === undefined ? 0 : of.at - before.at
  const isNow = of.rev === now
  const isTaken = of.unhandled !== true && of.stashed !== true
  const classes = ['bead', isNow && 'now', of.rev > now && 'later', !isTaken && 'empty']
    .filter(Boolean)
    .join(' ')
  return (
    <button
      type="button"
      class={classes}
      // One stop of Tab: the arrow keys of the page go on from here.
      tabIndex={isNow ? 0 : -1}
      aria-current={isNow ? 'step' : undefined}
      aria-label={`${shortEvent(of.event.type)}, record ${countText(of.rev)} of ${countText(latestRev.value)}, ${timeText(of.at)}`}
      title={`${of.event.type}\n${timeText(of.at)}, seq ${countText(of.seq)}`}
      onClick={() => go({ moment: of.seq })}
    >
      {/* The stylesheet shows it, because it is no part of the button's name. */}
      {gap >= GAP_MS && <span class="gap" data-gap={lengthText(gap)} />}
      <span class="disc" />
      <span class="what">{shortEvent(of.event.type)}</span>
    </button>
  )
}
