/** The chosen actor: its head, its statechart, and the record at the moment. */
import { effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { Buttons } from '../actions/buttons.tsx'
import { Chart } from '../chart/index.tsx'
import { Name } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { isWhole } from '../log/actors.ts'
import { chosen, coverage, definition, record } from '../log/chosen.ts'
import { returns } from '../log/connection.ts'
import { RecordColumn } from '../record/column.tsx'
import { choice, go, type Panel, panel, query } from '../state/place.ts'
import { eventText, isResting, leavesOf, movesOf, type StateValue } from '../text/names.ts'
import { explanation } from '../why/data.ts'
import { WhyNote, WhyPanel } from '../why/index.tsx'
import { sentenceOf } from './sentence.ts'

/** True while a small window shows the record in the place of the chart, for which it has no room beside it. */
const isRecordShown = signal(false)
effect(() => {
  panel.value
  isRecordShown.value = false
})
// An address that asks for the history asks for the column that it is in.
effect(() => {
  if (query.value !== '') isRecordShown.value = true
})

const PANELS = { chart: 'Chart', why: 'Why' } as const

export function ActorPanel(): JSX.Element {
  return (
    <section
      id="view-actor"
      class={`view show-${isRecordShown.value ? 'record' : 'stage'}`}
      aria-label="Actor"
    >
      <Head />
      <div class="panels" role="group" aria-label="Panel">
        <PanelButtons isPressed={(name) => panel.value === name && !isRecordShown.value} />
        <button
          type="button"
          aria-pressed={isRecordShown.value}
          onClick={() => {
            isRecordShown.value = true
          }}
        >
          Record
        </button>
      </div>
      <div class={`stage${panel.value === 'why' && explanation.isOld.value ? ' old' : ''}`}>
        <div class="tools">
          <div class="switch wide-only" role="group" aria-label="Panel">
            <PanelButtons isPressed={(name) => panel.value === name} />
          </div>
          {panel.value === 'why' ? <WhyNote /> : <Note />}
        </div>
        <div class="canvas">{panel.value === 'why' ? <WhyPanel /> : <ChartPanel />}</div>
      </div>
      <RecordColumn />
    </section>
  )
}

function PanelButtons({ isPressed }: { readonly isPressed: (name: Panel) => boolean }): JSX.Element {
  return (
    <>
      {(['chart', 'why'] as const).map((name) => (
        <button
          key={name}
          type="button"
          title={`${PANELS[name]} (${name[0]})`}
          aria-pressed={isPressed(name)}
          onClick={() => {
            isRecordShown.value = false
            go({ panel: name })
          }}
        >
          {PANELS[name]}
        </button>
      ))}
    </>
  )
}

function ChartPanel(): JSX.Element {
  const is = chosen.value.value
  return (
    <>
      <Notice of={definition} lines={6} />
      {is === undefined && <Notice of={chosen} lines={6} />}
      {definition.value.value !== undefined && (
        <Chart
          definition={definition.value.value}
          value={is?.actor?.value}
          taken={is?.taken ?? []}
          {...(coverage.value !== undefined && { coverage: coverage.value })}
          follow={true}
          attempt={returns.value}
        />
      )}
      {choice.value === '' && isWhole.value && <p class="empty">Choose an actor at the left.</p>}
    </>
  )
}

function Head(): JSX.Element {
  const is = chosen.value.value
  const address = is?.address ?? choice.value
  const actor = is?.actor
  const about = definition.value.value?.description
  const sentence = actor && (sentenceOf(actor.kind, actor.context) ?? about)
  return (
    <header class="actor-head">
      <div class="who">
        <h2 class="mono">{address === '' ? 'No actor is chosen' : <Name address={address} />}</h2>
        <p class="chips" aria-live="polite">
          {actor?.condition !== undefined && <span class="chip bad">{actor.condition}</span>}
          {actor !== undefined && actor.status !== 'active' && (
            <span class={`chip${actor.status === 'done' ? '' : ' bad'}`}>{actor.status}</span>
          )}
          {actor !== undefined && <States value={actor.value} />}
          {is !== undefined && actor === undefined && (
            <span class="chip">{is.life.first === undefined ? 'unknown' : 'not there yet'}</span>
          )}
        </p>
        <p class="sentence">{sentence ?? ' '}</p>
      </div>
      <Buttons />
    </header>
  )
}

/** The active states as chips, in the order of the machine. */
function States({ value }: { readonly value: StateValue }): JSX.Element {
  const leaves = leavesOf(value)
  return (
    <>
      {leaves.map((path) => (
        <span key={path.join('.')} class={isResting(path) ? 'chip' : 'chip choice'} title={path.join('.')}>
          {leaves.length > 1 ? path.slice(1).join('.') || path[0] : path.join('.')}
        </span>
      ))}
    </>
  )
}

/** The change of state by the record at the moment. */
function Note(): JSX.Element | null {
  const of = record.value
  if (of === undefined) return null
  return (
    <p class="note">
      <b class="taken mono">{eventText(of.event.type)}</b> {moveText(of.from, of.to)}
    </p>
  )
}

/** Returns `pendingReplace → idle` for each region that moved. */
function moveText(from: StateValue | null, to: StateValue): string {
  const { left, entered } = movesOf(from, to)
  if (entered.length === 0) return 'leads to no other state'
  return [left.join(', '), `→ ${entered.join(', ')}`].join(' ').trim()
}
