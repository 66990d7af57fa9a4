/** The dialog that asks for a time, a seq or an event to go to. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { Dialog } from '../frame/dialog.tsx'
import { head } from '../log/actors.ts'
import { faultOf } from '../log/loading.ts'
import { goToEvent, goToTime, momentAt } from '../state/moment.ts'
import { go } from '../state/place.ts'
import { countText } from '../text/numbers.ts'
import { timeText, wholeTimeText } from '../text/time.ts'
import { targetOf } from './target.ts'

/** The type of an event. */
const EVENT = /^[A-Za-z][\w.]*$/

const isOpen = signal(false)
const refusal = signal('')

export function openJump(): void {
  refusal.value = ''
  isOpen.value = true
}

export function JumpDialog(): JSX.Element | null {
  if (!isOpen.value) return null
  const { seq, at } = head.value
  const close = () => {
    isOpen.value = false
  }
  const jump = async (text: string) => {
    const target = targetOf(text, momentAt.value ?? at)
    try {
      if (target === undefined) {
        const isFound = EVENT.test(text.trim()) && (await goToEvent(text.trim()))
        if (isFound) close()
        else refusal.value = 'This is neither a seq nor a time, and the actor took no such event.'
        return
      }
      if ('seq' in target) go({ moment: target.seq >= seq ? undefined : Math.max(1, target.seq) })
      else await goToTime(target.at, 'click')
      close()
    } catch (error) {
      refusal.value = faultOf(error).message
    }
  }
  return (
    <Dialog title="Jump to a moment" onClose={close}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          void jump(String(new FormData(event.currentTarget).get('to')))
        }}
      >
        <label>
          A seq, a time in UTC, or an event
          <input
            name="to"
            class="mono"
            placeholder={momentAt.value === undefined ? '' : timeText(momentAt.value)}
            autocomplete="off"
            aria-describedby="jump-help"
          />
        </label>
        <p id="jump-help" class="dim">
          Such as {countText(Math.ceil(seq / 2))}, {timeText(at).slice(0, 8)} or{' '}
          {wholeTimeText(at).slice(0, 19)}. The log ends with seq {countText(seq)}. An event such as FILL is
          the next one of the chosen actor.
        </p>
        {refusal.value !== '' && (
          <p class="bad" role="alert">
            {refusal.value}
          </p>
        )}
        <div class="buttons">
          <button type="button" class="btn" onClick={close}>
            Back
          </button>
          <button type="submit" class="btn first">
            Jump
          </button>
        </div>
      </form>
    </Dialog>
  )
}
