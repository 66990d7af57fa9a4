/** The page: what is chosen at the left, when at the bottom, and the views of both in the middle. */
import { effect } from '@preact/signals'
import { type JSX, render } from 'preact'
import { AskDialog } from './actions/ask.tsx'
import { ActorPanel } from './actors/actor-view.tsx'
import { ActorList, isDrawn } from './actors/list.tsx'
import { followKeys, KeysDialog } from './frame/keys.tsx'
import { followTheme } from './frame/theme.ts'
import { Top } from './frame/top.tsx'
import { allActors, followActors, isWhole } from './log/actors.ts'
import { firstRow } from './log/groups.ts'
import { followNews } from './log/news.ts'
import { areFiguresKnown } from './log/run.ts'
import { followVitals } from './log/vitals.ts'
import { Market } from './market/index.tsx'
import { MomentBar } from './moment/bar.tsx'
import { isBehind, PlaceNote } from './moment/place-note.tsx'
import { needs } from './overview/needs.ts'
import { Overview } from './overview/overview.tsx'
import { isOwnerAwaited } from './state/owner.ts'
import { choice, followAddress, go, view } from './state/place.ts'

/** Kinds of actors of which the first one is chosen while nobody has chosen. */
const FIRST = ['account', 'symbol']

followAddress()
followTheme()
followActors()
followVitals()
followKeys()
// The server searches its log for the news of before, which would hold up the list and the figures.
const waiting = effect(() => {
  if (!areFiguresKnown.value) return
  queueMicrotask(() => {
    waiting()
    followNews()
  })
})
effect(() => {
  const count = needs.value.filter(({ isGrave }) => isGrave).length
  const alarm = count === 0 ? '' : `(${count}!) `
  document.title = `${alarm}${choice.value === '' ? '' : `${choice.value} – `}Outcry`
})
effect(() => {
  // The record of the address may say it.
  if (!isWhole.value || choice.value !== '' || isOwnerAwaited.value) return
  const all = [...allActors()]
  const first = FIRST.map((kind) => all.find((actor) => actor.kind === kind)).find(
    (actor) => actor !== undefined,
  )
  const address = first?.address ?? firstRow.value
  if (address !== undefined) go({ choice: address }, 'step')
})

function Page(): JSX.Element {
  return (
    <>
      <a class="skip" href="#main" onClick={toMain}>
        Skip to the view
      </a>
      <Top />
      <div id="body">
        {isDrawn.value && (
          <div
            class="shade"
            onClick={() => {
              isDrawn.value = false
            }}
          />
        )}
        <ActorList />
        <main id="main" class={isBehind.value ? 'old' : ''} tabIndex={-1}>
          {view.value === 'actor' && <ActorPanel />}
          {view.value === 'overview' && <Overview />}
          {view.value === 'market' && <Market />}
          <PlaceNote />
        </main>
      </div>
      <MomentBar />
      <KeysDialog />
      <AskDialog />
    </>
  )
}

/** The address of the page says where it is, so the link may not change it. */
function toMain(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

// The modules have just been evaluated in one task. The first picture has its own, so that neither is long.
setTimeout(() => render(<Page />, document.body))
