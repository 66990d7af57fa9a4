/** The chosen actor: its head, its statechart, and the record at the moment. */
import { signal } from '@preact/signals'
import type { JSX } from 'preact'
import { Buttons } from '../actions/buttons.tsx'
import { Chart } from '../chart/index.tsx'
import { Name } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { isWhole } from '../log/actors.ts'
import { chosen, coverage, definition, record } from '../log/chosen.ts'
import { RecordColumn } from '../record/column.tsx'
import { choice } from '../state/place.ts'
import { eventText, isResting, leavesOf, type StateValue } from '../text/names.ts'
import { sentenceOf } from './sentence.ts'

/** The panel that a small window shows. */
const panel = signal<'chart' | 'record'>('chart')

export function ActorPanel(): JSX.Element {
  const is = chosen.value.value
  return (
    <section id="view-actor" class={`view show-${panel.value}`} aria-label="Actor">
      <Head />
      <div class="panels" role="group" aria-label="Panel">
        {(['chart', 'record'] as const).map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={panel.value === name}
            onClick={() => {
              panel.value = name
            }}
          >
            {name === 'chart' ? 'Chart' : 'Record'}
          </button>
        ))}
      </div>
      <div class="stage">
        <Note />
        <div class="canvas">
          <Notice of={definition} lines={6} />
          {definition.value.value !== undefined && (
            <Chart
              definition={definition.value.value}
              value={is?.actor?.value}
              taken={is?.taken ?? []}
              {...(coverage.value !== undefined && { coverage: coverage.value })}
              follow={true}
            />
          )}
          {choice.value === '' && isWhole.value && <p class="empty">Choose an actor at the left.</p>}
        </div>
      </div>
      <RecordColumn />
    </section>
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
function Note(): JSX.Element {
  const of = record.value
  return (
    <div class="tools">
      {of !== undefined && (
        <p class="note">
          <b class="taken mono">{eventText(of.event.type)}</b> {movesOf(of.from, of.to)}
        </p>
      )}
    </div>
  )
}

/** Returns `pendingReplace → idle` for each region that moved. */
function movesOf(from: StateValue | null, to: StateValue): string {
  if (from === null)
    return `→ ${leavesOf(to)
      .map((path) => path.at(-1))
      .join(', ')}`
  const before = leavesOf(from).map((path) => path.join('.'))
  const after = leavesOf(to).map((path) => path.join('.'))
  const left = before.filter((path) => !after.includes(path)).map(lastOf)
  const entered = after.filter((path) => !before.includes(path)).map(lastOf)
  if (entered.length === 0) return 'leads to no other state'
  return `${left.join(', ')} → ${entered.join(', ')}`
}

const lastOf = (path: string): string => path.slice(path.lastIndexOf('.') + 1)
