/** The keys, the wheel, the pointer and the fingers that move a chart. */
import type { TargetedKeyboardEvent } from 'preact'
import { useEffect, useRef } from 'preact/hooks'

/** The factor by which a step zooms. */
export const ZOOM = 1.2
/** Px of a step of an arrow key. */
const PAN = 40

export interface Acts {
  readonly zoom: (by: number, at?: { x: number; y: number }) => void
  readonly pan: (x: number, y: number) => void
  readonly fit: () => void
  readonly all: () => void
}

export function moveByArrow(event: TargetedKeyboardEvent<HTMLElement>, pan: Acts['pan']): void {
  const { key, shiftKey, ctrlKey, altKey, metaKey } = event
  if (shiftKey || ctrlKey || altKey || metaKey) return
  const ways: Readonly<Record<string, readonly [number, number]>> = {
    ArrowLeft: [PAN, 0],
    ArrowRight: [-PAN, 0],
    ArrowUp: [0, PAN],
    ArrowDown: [0, -PAN],
  }
  const way = ways[key]
  if (way === undefined) return
  event.preventDefault()
  pan(...way)
}

/** Follows the keys of the chart, wherever the focus is but in a text. */
export function useKeys(acts: Acts): void {
  const latest = useLatest(acts)
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const { key, ctrlKey, altKey, metaKey, target, defaultPrevented } = event
      if (ctrlKey || altKey || metaKey || defaultPrevented) return
      if (
        target instanceof HTMLElement &&
        (target.isContentEditable || target.closest('input, textarea, select, dialog'))
      )
        return
      const ways: Readonly<Record<string, () => void>> = {
        f: latest.current.fit,
        n: latest.current.all,
        '+': () => latest.current.zoom(ZOOM),
        '-': () => latest.current.zoom(1 / ZOOM),
      }
      const way = ways[key]
      if (way === undefined) return
      event.preventDefault()
      way()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [])
}

/** Follows the wheel, the pointer and two fingers. */
export function useGestures(element: { current: HTMLElement | null }, acts: Acts): void {
  const latest = useLatest(acts)
  useEffect(() => {
    const { current } = element
    if (current === null) return
    const pointers = new Map<number, { x: number; y: number }>()
    const within = ({ clientX, clientY }: MouseEvent) => {
      const { left, top } = current.getBoundingClientRect()
      return { x: clientX - left, y: clientY - top }
    }
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      if (event.ctrlKey) latest.current.zoom(Math.exp(-event.deltaY * 0.003), within(event))
      else latest.current.pan(-event.deltaX, -event.deltaY)
    }
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0) return
      current.setPointerCapture(event.pointerId)
      pointers.set(event.pointerId, within(event))
    }
    const onMove = (event: PointerEvent) => {
      const was = pointers.get(event.pointerId)
      if (was === undefined) return
      const is = within(event)
      pointers.set(event.pointerId, is)
      const other = [...pointers].find(([id]) => id !== event.pointerId)?.[1]
      if (other === undefined) latest.current.pan(is.x - was.x, is.y - was.y)
      else latest.current.zoom(apart(is, other) / (apart(was, other) || 1), middle(is, other))
    }
    const onEnd = (event: PointerEvent) => pointers.delete(event.pointerId)
    current.addEventListener('wheel', onWheel, { passive: false })
    current.addEventListener('pointerdown', onDown)
    current.addEventListener('pointermove', onMove)
    // This event also comes when the browser takes the gesture for itself.
    current.addEventListener('lostpointercapture', onEnd)
    return () => {
      current.removeEventListener('wheel', onWheel)
      current.removeEventListener('pointerdown', onDown)
      current.removeEventListener('pointermove', onMove)
      current.removeEventListener('lostpointercapture', onEnd)
    }
  }, [])
}

function apart(a: { x: number; y: number }, b: { x: number; y: number }): number {
  return Math.hypot(a.x - b.x, a.y - b.y)
}

function middle(a: { x: number; y: number }, b: { x: number; y: number }): { x: number; y: number } {
  return { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }
}

function useLatest<T>(value: T): { current: T } {
  const ref = useRef(value)
  ref.current = value
  return ref
}
