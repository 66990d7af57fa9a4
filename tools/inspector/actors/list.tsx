/** The list of actors at the left: a virtual tree, one stop of Tab, with search and filters. */
import { computed, signal, useSignalEffect } from '@preact/signals'
import type { JSX } from 'preact'
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { Parted } from '../frame/name.tsx'
import { Notice } from '../frame/notice.tsx'
import { activity, actorAt, head, isFailed, isOpen, needed, troubleOf } from '../log/actors.ts'
import {
  by,
  filter,
  groupOf,
  groups,
  inView,
  isCurrent,
  only,
  rows,
  search,
  shelfOf,
  wanted,
} from '../log/groups.ts'
import { looked, pastStates, thenOf } from '../log/past-states.ts'
import { momentAt } from '../state/moment.ts'
import { choice, go, moment, view } from '../state/place.ts'
import { shortState, stateText } from '../text/names.ts'
import { countText } from '../text/numbers.ts'
import { ageText } from '../text/time.ts'
import { type Gap, type Group, type Item, isGap, isRow, itemsOf, ROW_PX, type Row } from './items.ts'
import { WORDS } from './words.ts'

/** Rows above and below those in view that the page also has. */
const SPARE = 8
/** ms without a key after which the server is asked for what stands in the search. */
const TYPING_MS = 150

const folded = signal<ReadonlyMap<string, boolean>>(new Map())
/** Key of the row that has the focus when the list has it. */
const active = signal('')
/** True while the list lies over a small window. */
export const isDrawn = signal(false)
/** What stands in the search. The question to the server follows it when a person pauses. */
const typed = signal(search.peek())
let typing: ReturnType<typeof setTimeout> | undefined
/** True while a key in the search asks for the first row of an answer that has not come. */
const isFirstWanted = signal(false)

const isNarrowed = computed(
  () => Object.keys(filter.value).some((key) => key !== 'condition') || only.value === 'failed',
)

/** By group, what has failed. */
const failures = computed(() => {
  const found = new Map<string, string[]>()
  for (const address of groups.value.value?.failed ?? []) {
    const group = groupOf(address)
    if (group !== undefined) found.set(group, [...(found.get(group) ?? []), address])
  }
  return found
})

const items = computed(() => {
  const counted = groups.value.value
  if (counted === undefined) return []
  activity.value
  return itemsOf({
    by: counted.by,
    groups: counted.groups,
    shelf: (name) => {
      const shelf = shelfOf(name)
      return shelf && { addresses: shelf.addresses, hasMore: shelf.next !== undefined }
    },
    failed: failures.value,
    isNarrowed: isNarrowed.value,
    folded: folded.value,
    choice: { address: choice.value, group: choice.value === '' ? undefined : groupOf(choice.value) },
  })
})
const indexes = computed(() => new Map(items.value.map(({ key }, i) => [key, i])))
const groupCount = computed(() => groups.value.value?.groups.length ?? 0)
/** The time by which ages are told. It moves once a second, because a row shows no less. */
const now = computed(() => Math.floor((momentAt.value ?? head.value.at) / 1_000) * 1_000)

export function ActorList(): JSX.Element {
  const text = useRef<HTMLInputElement>(null)
  useSignalEffect(() => takeFirst(text.current))
  // What keeps one of them from being read keeps the others, too.
  const faulty = [needed, groups, rows, pastStates].find(({ fault }) => fault.value !== undefined)
  return (
    <aside id="rail" class={isDrawn.value ? 'drawn' : ''} aria-label="Actors">
      <div class="find">
        <input
          id="search"
          ref={text}
          type="search"
          aria-label="Find an actor"
          placeholder="Find an actor"
          autocomplete="off"
          spellcheck={false}
          title={`Words of an address, or ${Object.keys(WORDS)
            .map((word) => `${word}:`)
            .join(' ')}`}
          value={typed.value}
          onInput={({ currentTarget }) => type(currentTarget.value)}
          onKeyDown={onSearchKey}
        />
        <fieldset class="filters" aria-label="Show">
          <Toggle is="open" name="Open" title="Only what may still act" />
          <Toggle is="failed" name="Failed" title="Only what has failed or was refused" />
          <button
            type="button"
            class="flat order"
            title="Order the list by owner or by kind"
            onClick={() => {
              by.value = by.value === 'owner' ? 'kind' : 'owner'
            }}
          >
            <span aria-hidden="true">⇅ </span>
            <span class="vh">by </span>
            {by.value}
          </button>
        </fieldset>
      </div>
      {faulty !== undefined && <Notice of={faulty} />}
      <Tree />
      <p class="list-note" aria-live="polite">
        {noteText()}
      </p>
    </aside>
  )
}

function type(text: string): void {
  typed.value = text
  isFirstWanted.value = false
  clearTimeout(typing)
  typing = setTimeout(ask, TYPING_MS)
}

function ask(): void {
  clearTimeout(typing)
  search.value = typed.value
}

/** Goes from the search to the first row of its answer, unless the person has gone elsewhere meanwhile. */
function takeFirst(text: HTMLInputElement | null): void {
  if (!isFirstWanted.value || !isCurrent.value) return
  const first = items.value.find(isRow)
  if (first === undefined && groupCount.value > 0) return
  isFirstWanted.value = false
  if (first === undefined || document.activeElement !== text) return
  choose(first.address, 'step')
  document.getElementById('tree')?.focus()
}

function Toggle({
  is,
  name,
  title,
}: {
  readonly is: 'open' | 'failed'
  readonly name: string
  readonly title: string
}): JSX.Element {
  return (
    <button
      type="button"
      class="flat"
      title={title}
      aria-pressed={only.value === is}
      onClick={() => {
        only.value = only.value === is ? undefined : is
      }}
    >
      {name}
    </button>
  )
}

function noteText(): string {
  const counted = groups.value.value
  if (counted === undefined) return 'Reading the actors …'
  const { text, wrong } = wanted.value
  if (wrong !== undefined) return wrong
  const count = counted.groups.reduce((sum, group) => sum + group.count, 0)
  const states = moment.value === undefined ? '' : 'States are of the moment, and numbers of now.'
  if (text === '') return count > 0 ? states : 'Nothing of that kind'
  const found = count === 0 ? 'No actor' : count === 1 ? '1 actor' : `${countText(count)} actors`
  return `${found} ${text}. ${states}`.trim()
}

/** From the search, the arrow keys lead into the list, and Escape back to the view. */
function onSearchKey(event: KeyboardEvent & { readonly currentTarget: HTMLInputElement }): void {
  if (event.key === 'ArrowDown' || event.key === 'Enter') {
    event.preventDefault()
    ask()
    isFirstWanted.value = true
  } else if (event.key === 'Escape') {
    event.preventDefault()
    if (typed.value !== '') type('')
    else {
      isDrawn.value = false
      event.currentTarget.blur()
    }
  }
}

const scrolled = signal(0)
const height = signal(800)

function Tree(): JSX.Element {
  const root = useRef<HTMLDivElement>(null)
  const all = items.value
  useLayoutEffect(() => {
    const node = root.current
    if (node === null) return
    const measure = new ResizeObserver(() => {
      height.value = node.clientHeight
    })
    measure.observe(node)
    return () => measure.disconnect()
  }, [])
  // The chosen actor is in view when it is chosen, and again when the list has come.
  const place = indexes.value.get(choice.value)
  useEffect(() => {
    if (choice.value === '' || place === undefined) return
    active.value = choice.value
    reveal(root.current, place)
  }, [choice.value, place !== undefined])
  const from = Math.max(0, Math.floor(scrolled.value / ROW_PX) - SPARE)
  const to = Math.min(all.length, Math.ceil((scrolled.value + height.value) / ROW_PX) + SPARE)
  const shown = all.slice(from, to)
  useEffect(() => {
    look(shown)
  })
  const isActive = indexes.value.get(active.value)
  return (
    <div
      id="tree"
      ref={root}
      role="tree"
      tabIndex={0}
      aria-label="Actors"
      aria-busy={groups.value.value === undefined}
      aria-activedescendant={
        isActive !== undefined && isActive >= from && isActive < to ? rowId(isActive) : undefined
      }
      onScroll={({ currentTarget }) => {
        scrolled.value = currentTarget.scrollTop
      }}
      onKeyDown={(event) => onKey(event, root.current)}
    >
      <div class="rows" role="presentation" style={{ height: `${all.length * ROW_PX}px` }}>
        {shown.map((item, i) => (
          <ItemRow key={item.key} item={item} index={from + i} />
        ))}
      </div>
    </div>
  )
}

const rowId = (index: number): string => `row-${index}`

function ItemRow({ item, index }: { readonly item: Item; readonly index: number }): JSX.Element {
  if (isGap(item)) return <GapRow gap={item} index={index} />
  return isRow(item) ? <ActorRow row={item} index={index} /> : <GroupRow group={item} index={index} />
}

/** Notes the rows in view: of groups that are not read, the rows are asked for, and of the past, the states. */
function look(shown: readonly Item[]): void {
  const unread = new Set<string>()
  let more: string | undefined
  const addresses: string[] = []
  for (const item of shown) {
    if (isRow(item)) addresses.push(item.address)
    else if (!isGap(item)) {
      if (!item.isFolded) unread.add(item.name)
    } else if (item.isMore) more ??= item.gapOf
    else unread.add(item.gapOf)
  }
  const need = { unread: [...unread], more }
  if (JSON.stringify(need) !== JSON.stringify(inView.peek())) inView.value = need
  if (addresses.join() !== looked.peek().join()) looked.value = addresses
}

/** Room for a row that is being read. */
function GapRow({ gap, index }: { readonly gap: Gap; readonly index: number }): JSX.Element {
  return (
    <div
      id={rowId(index)}
      class={`row gap${active.value === gap.key ? ' active' : ''}`}
      style={{ top: `${index * ROW_PX}px` }}
      role="treeitem"
      tabIndex={-1}
      aria-level={2}
      aria-selected={false}
    >
      <span class="dim">{gap.isMore ? 'More …' : '…'}</span>
    </div>
  )
}

function GroupRow({ group, index }: { readonly group: Group; readonly index: number }): JSX.Element {
  const { key, name, isFolded, count, failed } = group
  return (
    <div
      id={rowId(index)}
      class={`row group${active.value === key ? ' active' : ''}`}
      style={{ top: `${index * ROW_PX}px` }}
      role="treeitem"
      tabIndex={-1}
      aria-level={1}
      aria-expanded={!isFolded}
      aria-posinset={group.nth}
      aria-setsize={groupCount.value}
      aria-selected={false}
      onClick={() => {
        active.value = key
        fold(key, !isFolded)
      }}
    >
      <span class="fold" aria-hidden="true">
        {isFolded ? '▸' : '▾'}
      </span>
      <b class="group-name">{name}</b>
      <span class="dim">
        {' '}
        {countText(count)}
        {failed > 0 && <span class="bad">, {countText(failed)} failed</span>}
      </span>
    </div>
  )
}

function ActorRow({ row, index }: { readonly row: Row; readonly index: number }): JSX.Element {
  const { address, spot, place, size } = row
  activity.value
  const is = moment.value === undefined ? actorAt(address) : thenOf(address)
  // What is not known yet says nothing.
  const actor = is ?? undefined
  const trouble = actor && troubleOf(actor)
  const isBad = actor !== undefined && isFailed(actor)
  const sign = isBad ? 'failed' : actor !== undefined && isOpen(actor) ? 'open' : 'over'
  const state = is === null ? 'not there yet' : (trouble ?? (actor && shortState(actor.value)) ?? '')
  return (
    <div
      id={rowId(index)}
      class={`row depth-${spot.depth}${is === null ? ' unborn' : ''}${address === choice.value ? ' chosen' : ''}${active.value === address ? ' active' : ''}`}
      style={{ top: `${index * ROW_PX}px` }}
      role="treeitem"
      tabIndex={-1}
      aria-level={2}
      aria-posinset={place}
      aria-setsize={size}
      aria-selected={address === choice.value}
      data-address={address}
      title={`${address}\n${is === null ? state : stateText(actor?.value)}`}
      onClick={() => choose(address, 'click')}
    >
      <Sign is={sign} />
      <span class="row-name mono">
        {spot.first === '' ? (
          <Parted name={spot.rest} />
        ) : (
          <>
            {spot.isBold ? <b>{spot.first}</b> : <span>{spot.first}</span>}
            {spot.rest !== '' &&
              (spot.isBold ? <span class="dim rest">{spot.rest}</span> : <b>{spot.rest}</b>)}
          </>
        )}
      </span>
      <span class={`row-state${isBad ? ' bad' : ''}`}>{state}</span>
      <span class="row-age">{actor === undefined ? '' : ageText(now.value - actor.at)}</span>
    </div>
  )
}

/** The sign of how an actor stands, which is told by its shape: triangle failed, disc open, ring over. */
export function Sign({ is }: { readonly is: 'failed' | 'open' | 'over' }): JSX.Element {
  return (
    <svg class={`sign ${is}`} width="10" height="10" viewBox="0 0 10 10" aria-hidden="true">
      {is === 'failed' && <path d="M5 1l4.4 8H.6z" fill="currentColor" />}
      {is === 'open' && <circle cx="5" cy="5" r="3.6" fill="currentColor" />}
      {is === 'over' && <circle cx="5" cy="5" r="3" fill="none" stroke="currentColor" stroke-width="1.4" />}
    </svg>
  )
}

function choose(address: string, how: 'click' | 'step'): void {
  active.value = address
  if (how === 'click') isDrawn.value = false
  go({ choice: address, ...(view.value === 'overview' && { view: 'actor' }) }, how)
}

function fold(key: string, isFolded: boolean): void {
  folded.value = new Map(folded.value).set(`${isNarrowed.value} ${key}`, isFolded)
}

function reveal(root: HTMLElement | null, index: number): void {
  if (root === null) return
  const top = index * ROW_PX
  if (top < root.scrollTop) root.scrollTop = top
  else if (top + ROW_PX > root.scrollTop + root.clientHeight)
    root.scrollTop = top + ROW_PX - root.clientHeight
  scrolled.value = root.scrollTop
}

function onKey(event: KeyboardEvent, root: HTMLElement | null): void {
  const { key, ctrlKey, altKey, metaKey, shiftKey } = event
  if (ctrlKey || altKey || metaKey || shiftKey || root === null) return
  const all = items.value
  const at = indexes.value.get(active.value) ?? -1
  const page = Math.max(1, Math.floor(root.clientHeight / ROW_PX) - 1)
  const to = (index: number) => step(root, Math.max(0, Math.min(all.length - 1, index)))
  const item = all[at]
  const ways: Readonly<Record<string, () => void>> = {
    ArrowDown: () => to(at + 1),
    ArrowUp: () => to(at - 1),
    PageDown: () => to(at + page),
    PageUp: () => to(at - page),
    Home: () => to(0),
    End: () => to(all.length - 1),
    ArrowLeft: () => {
      if (item === undefined) return
      if (isGroup(item)) fold(item.key, true)
      else to(all.findLastIndex((other, i) => i < at && isGroup(other)))
    },
    ArrowRight: () => {
      if (item === undefined || !isGroup(item)) return
      if (item.isFolded) fold(item.key, false)
      else to(at + 1)
    },
    Enter: () => press(item),
    ' ': () => press(item),
  }
  const way = ways[key]
  if (way === undefined) return
  event.preventDefault()
  event.stopPropagation()
  way()
}

function step(root: HTMLElement, index: number): void {
  const item = items.value[index]
  if (item === undefined) return
  active.value = item.key
  reveal(root, index)
  if (isRow(item)) choose(item.address, 'step')
}

function press(item: Item | undefined): void {
  if (item === undefined) return
  if (isRow(item)) choose(item.address, 'click')
  else if (isGroup(item)) fold(item.key, !item.isFolded)
}

const isGroup = (item: Item): item is Group => !isRow(item) && !isGap(item)
