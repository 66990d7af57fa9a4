/** The history of the chosen actor: all its records, the newest first, or those that a person searches for. */
import { computed, effect, signal } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect } from 'preact/hooks'
import type { TransitionRecord } from '../../../src/client/index.ts'
import { chosen, definition, latestRev, leastRev, record } from '../log/chosen.ts'
import { pathText, textOf } from '../record/values.ts'
import { goToRev, revNow, stepBy } from '../state/moment.ts'
import { choice, go, moment, query } from '../state/place.ts'
import { eventText, shortState } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { timeText } from '../text/time.ts'
import { type Asked, askedOf, changeAsked, isSearch, NOTHING, queryOf } from './asked.ts'
import {
  type Direction,
  type Found,
  found,
  goOn,
  goOnBoth,
  leftOf,
  newer,
  older,
  refusal,
  searchFault,
} from './found.ts'
import { again, arrived, followNewest, newest, pageFault, readNewest, recordAt, want } from './pages.ts'
import { Rows } from './rows.tsx'

/** Most rows of the list. A browser has a limit to how tall an element is. */
const ROWS_MAX = 300_000
/** Changes of a found record that have room in its row. */
const CHANGES_SHOWN = 1

const scrolled = signal(0)
const isPaused = signal(false)
/** True while the pointer is over the list: a person reads it. */
const isOver = signal(false)
/** The newest rev that the list shows. It stays while a person reads. */
const top = signal(0)

const isFollowing = computed(
  () => moment.value === undefined && !isPaused.value && !isOver.value && scrolled.value <= 0,
)
/** Grows when the present is looked at again: the list then begins at its top. */
const returns = signal(0)
let wasPast = false
effect(() => {
  const isPast = moment.value !== undefined
  if (wasPast && !isPast) returns.value = returns.peek() + 1
  wasPast = isPast
})
let shownFor = ''
effect(() => {
  const latest = latestRev.value
  const isOther = shownFor !== choice.value
  const rev = revNow.value ?? 0
  if (latest > 0) shownFor = choice.value
  if (isOther || top.peek() === 0 || latest < top.peek()) top.value = latest
  else if (isFollowing.value) {
    // The end moves faster than it is read, perhaps: the list shows what has come.
    if (query.value !== '') void followNewest()
    if (newest.value > top.peek()) top.value = newest.value
  }
  // The moment may lie beyond both ends of the list.
  if (moment.value === undefined || chosen.value.value?.address !== choice.value) return
  if (rev > top.peek()) top.value = latest
  else if (rev > 0 && rev <= top.peek() - ROWS_MAX) top.value = Math.min(latest, rev + ROWS_MAX / 2)
})

export function History(): JSX.Element {
  const asked = askedOf(query.value) ?? NOTHING
  return (
    <section id="history" aria-label="History">
      <Form key={query.value} asked={asked} />
      <Records asked={asked} />
    </section>
  )
}

function Records({ asked }: { readonly asked: Asked }): JSX.Element {
  const is = chosen.value.value
  const isUnknown = is?.address === choice.value && is.life.first === undefined
  if (isUnknown)
    return (
      <p class="bar">
        {is.actor === undefined
          ? `The log has no record of ${choice.value}.`
          : `All records of ${choice.value} were deleted, as retention.deleteAfterDays says.`}
      </p>
    )
  if (refusal.value !== undefined)
    return (
      <p class="bar bad" role="alert">
        {refusal.value}
      </p>
    )
  return isSearch(asked) ? <FoundRecords asked={asked} /> : <AllRecords />
}

function Form({ asked }: { readonly asked: Asked }): JSX.Element {
  const { type, text, changed, is } = asked
  const ask = (to: Partial<Asked>) => go({ query: queryOf({ ...asked, ...to }) })
  const types = typesOf(type)
  return (
    <form
      class="asks"
      role="search"
      aria-label="Search this life"
      onSubmit={(event) => {
        event.preventDefault()
        const of = new FormData(event.currentTarget)
        ask({ text: String(of.get('text')), ...changeAsked(String(of.get('changed'))) })
      }}
    >
      <select
        aria-label="Event"
        value={type}
        onChange={({ currentTarget }) => ask({ type: currentTarget.value })}
      >
        <option value="">All events</option>
        {types.map((one) => (
          <option key={one} value={one} selected={one === type}>
            {eventText(one)}
          </option>
        ))}
      </select>
      <input
        name="text"
        aria-label="Text in an event"
        placeholder="Text in events"
        autocomplete="off"
        defaultValue={text}
      />
      <input
        name="changed"
        class={`mono ${isSearch(asked) ? 'some' : 'wide'}`}
        aria-label="What changed: a path, and a value if you like"
        placeholder="What changed: stopPx, qty = 0.03"
        autocomplete="off"
        spellcheck={false}
        defaultValue={is === '' ? changed : `${changed} = ${is}`}
      />
      {/* Enter in a field sends the form. */}
      <button type="submit" class="vh" tabIndex={-1}>
        Search
      </button>
      {isSearch(asked) && (
        <button
          type="button"
          class="flat clear"
          aria-label="Show all records"
          title="Show all records"
          onClick={() => go({ query: 'history' })}
        >
          ✕
        </button>
      )}
    </form>
  )
}

/** Returns the types of events that the machine names, that its records have, and the one that is asked for. */
function typesOf(asked: string): readonly string[] {
  const names = new Set<string>(asked === '' ? [] : [asked])
  for (const { event, emitted = [] } of chosen.value.value?.life.records ?? [])
    for (const { type } of [event, ...emitted]) names.add(type)
  const look = (of: unknown): void => {
    const { on, states, transitions } = Object(of) as Readonly<Record<string, unknown>>
    for (const type of Object.keys(Object(on))) names.add(type)
    if (Array.isArray(transitions))
      for (const { eventType } of transitions) if (eventType) names.add(eventType)
    for (const below of Object.values(Object(states))) look(below)
  }
  look(definition.value.value)
  return [...names].filter((type) => type !== '' && type !== '*').sort()
}

function AllRecords(): JSX.Element {
  arrived.value
  // An element that goes under the pointer tells nothing.
  useEffect(
    () => () => {
      isOver.value = false
    },
    [],
  )
  const least = leastRev.value ?? 1
  const count = Math.min(Math.max(0, top.value - least + 1), ROWS_MAX)
  const revOf = (index: number) => top.value - index
  const now = revNow.value
  const current = now === undefined || now > top.value ? undefined : top.value - now
  const news = latestRev.value - top.value
  const fault = pageFault.value
  return (
    <div
      class="over"
      onPointerEnter={() => {
        isOver.value = true
      }}
      onPointerLeave={() => {
        isOver.value = false
      }}
    >
      <div class="bar">
        {news > 0 && !isFollowing.value ? (
          <button type="button" class="flat news" onClick={() => void bringNews()}>
            {countText(news)} new
          </button>
        ) : (
          <span class="dim">
            {countText(latestRev.value - least + 1)} records
            {least > 1 && `, from record ${countText(least)} on: earlier ones were deleted`}
          </span>
        )}
        <button
          type="button"
          class="flat end"
          aria-pressed={isPaused.value}
          title="The list stays as it is while records come"
          onClick={() => {
            isPaused.value = !isPaused.value
          }}
        >
          Pause
        </button>
      </div>
      {fault !== undefined && (
        <p class="bar bad" role="alert">
          {fault.message}
          <button type="button" class="flat end" onClick={again}>
            Again
          </button>
        </p>
      )}
      <Rows
        label="Records, the newest first"
        count={count}
        subject={`${choice.value} ${returns.value}`}
        current={current}
        isHeld={moment.value !== undefined}
        scrolled={scrolled}
        row={(index) => rowOf(recordAt(revOf(index)))}
        onChoose={(index) => void goToRev(revOf(index), 'step')}
        onStep={stepBy}
        onView={(from, to) => want(revOf(to - 1), revOf(from))}
      />
    </div>
  )
}

async function bringNews(): Promise<void> {
  const address = choice.value
  await readNewest()
  if (address !== choice.value) return
  top.value = Math.max(top.value, newest.value)
  const list = document.querySelector('#history .records')
  if (list !== null) list.scrollTop = 0
}

function rowOf(of: TransitionRecord | undefined) {
  if (of === undefined) return { content: <span class="later" />, kind: 'awaited', title: '' }
  return { content: <Line of={of} />, kind: kindOf(of), title: titleOf(of) }
}

/** Returns whether anything took the record: see the legend of the time line. */
const kindOf = ({ unhandled, stashed }: TransitionRecord): string => (unhandled || stashed ? 'empty' : '')
const titleOf = ({ event, at, seq, rev }: TransitionRecord): string =>
  `${event.type}\n${timeText(at)}, seq ${countText(seq)}, record ${countText(rev)}`

function Line({ of }: { readonly of: TransitionRecord }): JSX.Element {
  const isMoved = JSON.stringify(of.from) !== JSON.stringify(of.to)
  return (
    <>
      <span class="at">{timeText(of.at)}</span>
      <b class="what mono">{eventText(of.event.type)}</b>
      {isMoved && <span class="into">{shortState(of.to)}</span>}
      {of.unhandled && <span class="vh">, nothing comes of it</span>}
    </>
  )
}

function FoundRecords({ asked }: { readonly asked: Asked }): JSX.Element {
  const all = found.value
  // The key may be pressed again before the record is here.
  const now = moment.value ?? record.value?.seq
  const at = all.findIndex(({ seq }) => seq === now)
  const choose = (of: Found | undefined) => of !== undefined && go({ moment: of.seq }, 'step')
  const fault = searchFault.value
  const unread = (newer.value?.unread ?? 0) + (older.value?.unread ?? 0)
  const isAsking = newer.value?.isAsking || older.value?.isAsking
  return (
    <>
      <p class="vh" role="status">
        {isAsking ? 'Searching' : `${countText(all.length)} found`}
      </p>
      <Bar direction="newer" />
      {fault !== undefined && (
        <p class="bar bad" role="alert">
          {fault.message}
          <button type="button" class="flat end" onClick={() => void goOnBoth()}>
            Again
          </button>
        </p>
      )}
      {unread > 0 && <p class="bar warn">Of {countText(unread)} records, the states are not known.</p>}
      <Rows
        label="Found records, the newest first"
        count={all.length}
        subject={`${choice.value} ${query.value}`}
        current={at < 0 ? undefined : at}
        isHeld={true}
        isTall={asked.changed !== ''}
        scrolled={scrolled}
        row={(index) => foundRow(all[index], asked)}
        onChoose={(index) => choose(all[index])}
        onStep={(by) => choose(beside(all, now ?? 0, by))}
      />
      <Bar direction="older" />
    </>
  )
}

/** Returns the found record before or behind a place in the log. */
function beside(all: readonly Found[], seq: number, by: 1 | -1): Found | undefined {
  return by === 1 ? all.findLast((of) => of.seq > seq) : all.find((of) => of.seq < seq)
}

function foundRow(of: Found | undefined, asked: Asked) {
  if (of === undefined) return rowOf(of)
  const { changed } = of
  const content = (
    <>
      <Line of={of} />
      {changed !== undefined && (
        <span class="changes mono">
          {changed.slice(0, CHANGES_SHOWN).map(({ path, ...sides }) => (
            <span key={path.join('/')}>
              {asked.changed.endsWith(path.at(-1) ?? '') ? '' : `${path.at(-1)} `}
              {'was' in sides && <span class="was">− {textOf(sides.was)} </span>}
              {'is' in sides && <span class="is">+ {textOf(sides.is)}</span>}
            </span>
          ))}
          {changed.length > CHANGES_SHOWN && <span class="dim"> +{changed.length - CHANGES_SHOWN}</span>}
        </span>
      )}
    </>
  )
  const paths = changed?.map(({ path }) => pathText(path)).join('\n') ?? ''
  return { content, kind: kindOf(of), title: `${titleOf(of)}\n${paths}`.trim() }
}

/** How far the search has come in a direction, and a button that lets it go on. */
function Bar({ direction }: { readonly direction: Direction }): JSX.Element {
  const side = direction === 'newer' ? newer.value : older.value
  const left = leftOf(direction)
  const count = side?.found.length ?? 0
  return (
    <div class="bar">
      <span class="dim">
        {side === undefined
          ? 'searching'
          : side.isAsking
            ? `${countText(count)} ${direction}, searching at ${countText(side.to)}`
            : left === 0
              ? `${countText(count)} ${direction}: all`
              : `${countText(count)} ${direction}, to record ${countText(side.to)}`}
      </span>
      {side !== undefined && !side.isAsking && left > 0 && searchFault.value === undefined && (
        <button type="button" class="flat end" onClick={() => void goOn(direction)}>
          Go on, {countText(left)} left
        </button>
      )}
    </div>
  )
}
