/** The rows of a sequence as one stop of Tab: which has the focus, which are open, and how keys move among them. */
import { signal } from '@preact/signals'
import { useLayoutEffect, useRef } from 'preact/hooks'
import { LANE_MIN, type Row, TIME_PX } from './layout.ts'
import type { Step } from './steps.ts'

/** seq of the row that has the focus when the rows have it. */
export const active = signal(0)
/** The rows that a person has opened or closed, by seq. That of the moment is open by itself. */
const opened = signal<ReadonlyMap<number, boolean>>(new Map())

export const isOpen = ({ role, explained }: Step): boolean =>
  opened.value.get(explained.record.seq) ?? role === 'moment'

export function setOpen(seq: number, isOpen: boolean): void {
  opened.value = new Map(opened.value).set(seq, isOpen)
}

function rowOf(root: HTMLElement | null, seq: number): HTMLElement | null {
  return root?.querySelector(`.why-go[data-seq="${seq}"]`) ?? null
}

/** Scrolls the row of the moment into view, with both ends of its arrow. */
export function reveal(root: HTMLElement | null, seq: number, row: Row | undefined): void {
  rowOf(root, seq)?.closest('.why-step')?.scrollIntoView({ block: 'nearest', inline: 'nearest' })
  const panel = root?.parentElement
  if (row === undefined || !panel) return
  const { from, to } = row.arrow
  const right = TIME_PX + Math.max(from, to) + LANE_MIN / 2
  if (right > panel.scrollLeft + panel.clientWidth) panel.scrollLeft = right - panel.clientWidth
  panel.scrollLeft = Math.min(panel.scrollLeft, Math.max(0, Math.min(from, to) - LANE_MIN / 2))
}

/** Keeps the focus in the rows when the one that had it is there no more, as when a live actor moves on. */
export function useFocusKept(root: { readonly current: HTMLElement | null }, stop: number): void {
  const had = useRef<EventTarget | null>(null)
  useLayoutEffect(() => {
    const node = root.current
    const onIn = ({ target }: FocusEvent) => {
      had.current = target
    }
    const onOut = ({ target, relatedTarget }: FocusEvent) => {
      // A row that is removed loses its focus, too, and is not in the document afterwards.
      queueMicrotask(() => {
        const isLeft = relatedTarget !== null || (target as Element).isConnected
        if (had.current === target && isLeft) had.current = null
      })
    }
    node?.addEventListener('focusin', onIn)
    node?.addEventListener('focusout', onOut)
    return () => {
      node?.removeEventListener('focusin', onIn)
      node?.removeEventListener('focusout', onOut)
    }
  }, [])
  useLayoutEffect(() => {
    const was = had.current
    if (was instanceof Element && !was.isConnected) rowOf(root.current, stop)?.focus({ preventScroll: true })
  })
}

export function onKey(event: KeyboardEvent, rows: readonly Step[], stop: number): void {
  const { key, ctrlKey, altKey, metaKey, shiftKey, target, currentTarget } = event
  if (ctrlKey || altKey || metaKey || shiftKey) return
  if (!(target instanceof HTMLElement && target.matches('.why-go, .why-more'))) return
  const at = rows.findIndex(({ explained }) => explained.record.seq === stop)
  const to = (index: number) => {
    const step = rows[Math.max(0, Math.min(rows.length - 1, index))]
    if (step !== undefined) rowOf(currentTarget as HTMLElement, step.explained.record.seq)?.focus()
  }
  const ways: Readonly<Record<string, () => void>> = {
    ArrowDown: () => to(at + 1),
    ArrowUp: () => to(at - 1),
    Home: () => to(0),
    End: () => to(rows.length - 1),
    ArrowRight: () => setOpen(stop, true),
    ArrowLeft: () => setOpen(stop, false),
  }
  const way = ways[key]
  if (way === undefined) return
  event.preventDefault()
  way()
}
