/** A list of records of which only those in view are drawn. It is one stop of Tab: the arrow keys go through the records. */
import { type Signal, signal } from '@preact/signals'
import type { ComponentChildren, JSX } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'

/** Rows above and below the view that are drawn as well. */
const SPARE = 6

interface Props {
  readonly label: string
  readonly count: number
  /** Grows when the list shows another life: it then begins at its top. */
  readonly subject: string
  /** Index of the record at the moment; undefined when it is not in the list. */
  readonly current: number | undefined
  /** True while the list stays at the record at the moment. */
  readonly isHeld: boolean
  readonly isTall?: boolean
  readonly scrolled: Signal<number>
  readonly row: (index: number) => {
    readonly content: ComponentChildren
    readonly kind: string
    readonly title: string
  }
  readonly onChoose: (index: number) => void
  /** Goes a record on (1) or back (-1). */
  readonly onStep: (by: 1 | -1) => void
  /** Is told which rows are in view. */
  readonly onView?: (from: number, to: number) => void
}

export function Rows(props: Props): JSX.Element {
  const {
    label,
    count,
    subject,
    current,
    isHeld,
    isTall = false,
    scrolled,
    row,
    onChoose,
    onStep,
    onView,
  } = props
  const root = useRef<HTMLDivElement>(null)
  const { height, rowPx } = useMemo(() => ({ height: signal(400), rowPx: signal(28) }), [])
  useLayoutEffect(() => {
    const node = root.current
    if (node === null) return
    const measure = new ResizeObserver(() => {
      height.value = node.clientHeight
      // The style sheet knows how tall a row is in this window.
      rowPx.value = Number.parseFloat(getComputedStyle(node).getPropertyValue('--row')) || rowPx.value
    })
    measure.observe(node)
    return () => measure.disconnect()
  }, [isTall])
  useEffect(() => {
    if (root.current !== null) root.current.scrollTop = 0
    scrolled.value = 0
  }, [subject])
  useEffect(() => {
    const node = root.current
    if (node === null || !isHeld || current === undefined) return
    const top = current * rowPx.value
    if (top < node.scrollTop || top + rowPx.value > node.scrollTop + node.clientHeight)
      node.scrollTop = Math.max(0, top - (node.clientHeight - rowPx.value) / 2)
    scrolled.value = node.scrollTop
  }, [current, isHeld, subject, rowPx.value, height.value, count === 0])
  const from = Math.max(0, Math.min(count - 1, Math.floor(scrolled.value / rowPx.value) - SPARE))
  const to = Math.min(count, Math.ceil((scrolled.value + height.value) / rowPx.value) + SPARE)
  useEffect(() => onView?.(from, to), [from, to, count, subject])
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event
    if (ctrlKey || altKey || metaKey || shiftKey || (key !== 'ArrowUp' && key !== 'ArrowDown')) return
    event.preventDefault()
    event.stopPropagation()
    onStep(key === 'ArrowUp' ? 1 : -1)
  }
  const isDrawn = current !== undefined && current >= from && current < to
  return (
    <div
      class={`records${isTall ? ' tall' : ''}`}
      ref={root}
      role="listbox"
      tabIndex={0}
      aria-label={label}
      aria-activedescendant={isDrawn ? rowId(current) : undefined}
      onScroll={({ currentTarget }) => {
        scrolled.value = currentTarget.scrollTop
      }}
      onKeyDown={onKeyDown}
    >
      <div class="rows" role="presentation" style={{ height: `${count * rowPx.value}px` }}>
        {Array.from({ length: Math.max(0, to - from) }, (_, i) => {
          const index = from + i
          const { content, kind, title } = row(index)
          return (
            <div
              key={index}
              id={rowId(index)}
              class={`entry ${kind}${index === current ? ' now' : ''}`}
              style={{ top: `${index * rowPx.value}px` }}
              role="option"
              tabIndex={-1}
              aria-selected={index === current}
              aria-posinset={index + 1}
              aria-setsize={count}
              title={title}
              onClick={() => onChoose(index)}
            >
              {content}
            </div>
          )
        })}
      </div>
    </div>
  )
}

const rowId = (index: number): string => `record-${index}`
