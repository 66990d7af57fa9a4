/** The width of an element, for drawings that fill it. */
import type { Signal } from '@preact/signals'
import type { RefObject } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

/** Keeps the signal at the width, in px, of the element that gets the reference. */
export function useWidth(width: Signal<number>): RefObject<HTMLDivElement | null> {
  const root = useRef<HTMLDivElement>(null)
  useLayoutEffect(() => {
    const node = root.current
    if (node === null) return
    const measure = new ResizeObserver(() => {
      width.value = node.clientWidth
    })
    measure.observe(node)
    return () => measure.disconnect()
  }, [])
  return root
}
