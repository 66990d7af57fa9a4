/** A line over the view where what it shows is not what is chosen: it is of another moment, or there is no such moment. */
import { computed } from '@preact/signals'
import type { JSX } from 'preact'
import { To } from '../frame/name.tsx'
import { head, isBeyond } from '../log/actors.ts'
import { chosen } from '../log/chosen.ts'
import { isTurning } from '../log/log-id.ts'
import { run } from '../log/run.ts'
import { moveFault } from '../state/moment.ts'
import { moment, view } from '../state/place.ts'
import { countText } from '../text/numbers.ts'
import { timeText } from '../text/time.ts'

/** True while the view is of another place than the chosen one, because that takes long or cannot be read. */
export const isBehind = computed(() => chosen.isOld.value || (view.value === 'overview' && run.isOld.value))

export function PlaceNote(): JSX.Element | null {
  const [text, isWrong] = noteText()
  if (text === undefined) return null
  return (
    <p class={`place-note${isWrong ? ' wrong' : ''}`} role="status">
      {text}
      {isBeyond.value && (
        <To place={{ moment: undefined }} kind="btn">
          Now
        </To>
      )}
    </p>
  )
}

function noteText(): readonly [text?: string, isWrong?: boolean] {
  if (isTurning.value) return ['The runner has another log now, which is being read …']
  if (isBeyond.value) {
    const [end, seq] = [head.value.seq, moment.value ?? 0].map(countText)
    return [`The log has no seq ${seq} yet: it ends with seq ${end}. This is its end.`, true]
  }
  const stays = moveFault.value
  if (stays !== undefined) return [`The moment stays: ${stays.message}.`, true]
  if (!isBehind.value) return []
  const fault = chosen.fault.value ?? run.fault.value
  const why = fault === undefined ? 'what you chose is being read …' : `${fault.message}.`
  return [`${stillText()}: ${why}`, fault !== undefined]
}

/** Returns what the view is of. */
function stillText(): string {
  const is = chosen.value.value
  if (is === undefined || view.value === 'overview') return 'This is of another moment'
  if (is.actor === undefined) return `This is still ${is.address} at another moment`
  const { address, rev, at } = is.actor
  return `This is still ${address} at its record ${countText(rev)}, ${timeText(at)}`
}
