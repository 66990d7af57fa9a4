/** The keys of the page. None of them takes a key from a text field or from the browser. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { isDrawn } from '../actors/list.tsx'
import { latestRev } from '../log/chosen.ts'
import { openJump } from '../moment/jump.tsx'
import { goToRev, isPlaying, play, stepBy, stepTime } from '../state/moment.ts'
import { go, moment, query, VIEWS, view } from '../state/place.ts'
import { Dialog } from './dialog.tsx'
import { switchTheme } from './theme.ts'

const isHelpOpen = signal(false)

const HELP: readonly (readonly [keys: string, what: string])[] = [
  ['1 2 3', 'Overview, Actor, Market'],
  ['c w', 'of an actor: its chart, and why the record happened'],
  ['← →', 'the record before, the next one'],
  ['Shift ← →', 'a second back, a second on'],
  ['Home End', 'the first record, the last one'],
  ['space', 'play the records, or stop'],
  ['l', 'back to the present'],
  ['g', 'jump to a time, a seq or an event'],
  ['h', 'the history beside the chart, or the record'],
  ['f + −', 'the whole chart, closer, further'],
  ['n', 'what no actor has taken'],
  ['/', 'find an actor'],
  ['↑ ↓', 'in the list: the actor before, the next one; in why: the record, whose guards ← → close and open'],
  ['d', 'light or dark'],
  ['?', 'these keys'],
  ['Esc', 'back'],
]

export function followKeys(): void {
  addEventListener('keydown', onKey)
}

function onKey(event: KeyboardEvent): void {
  const { key, ctrlKey, altKey, metaKey, shiftKey, isComposing, target } = event
  if (ctrlKey || altKey || metaKey || isComposing || event.defaultPrevented) return
  if (
    target instanceof HTMLElement &&
    (target.isContentEditable || target.closest('input, textarea, select, dialog'))
  )
    return
  // A button or a link takes these itself.
  if ((key === ' ' || key === 'Enter') && target instanceof Element && target.closest('button, a, summary'))
    return
  const ways: Readonly<Record<string, () => void>> = {
    ArrowLeft: () => (shiftKey ? stepTime(-1_000) : stepBy(-1)),
    ArrowRight: () => (shiftKey ? stepTime(1_000) : stepBy(1)),
    Home: () => void goToRev(1, 'step'),
    End: () => void goToRev(latestRev.value, 'step'),
    ' ': () => play(!isPlaying.value),
    l: () => go({ moment: undefined }),
    c: () => go({ view: 'actor', panel: 'chart' }),
    w: () => go({ view: 'actor', panel: 'why' }),
    g: openJump,
    h: () => go({ view: 'actor', query: view.value === 'actor' && query.value !== '' ? '' : 'history' }),
    '/': find,
    d: switchTheme,
    '?': () => {
      isHelpOpen.value = true
    },
    Escape: () => {
      if (isDrawn.value) isDrawn.value = false
      else if (moment.value !== undefined && target === document.body) go({ moment: undefined })
    },
  }
  const to = VIEWS[Number(key) - 1]
  const way = to === undefined ? ways[key] : () => go({ view: to })
  if (way === undefined) return
  event.preventDefault()
  way()
}

export function find(): void {
  isDrawn.value = true
  const search = document.getElementById('search')
  // At once, for the next key belongs to it.
  search?.focus()
  // The drawer of a small window is shown first: what is hidden takes no focus.
  if (document.activeElement !== search) requestAnimationFrame(() => search?.focus())
}

export function KeysDialog(): JSX.Element | null {
  if (!isHelpOpen.value) return null
  const close = () => {
    isHelpOpen.value = false
  }
  return (
    <Dialog title="Keys" onClose={close}>
      <dl class="lines keys">
        {HELP.map(([keys, what]) => (
          <div key={keys}>
            <dt class="mono">{keys}</dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
      <div class="buttons">
        <button type="button" class="btn first" onClick={close}>
          Back
        </button>
      </div>
    </Dialog>
  )
}
