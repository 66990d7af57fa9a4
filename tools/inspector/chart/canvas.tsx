/** The part of the page with a chart: it pans, zooms, follows, and has the legend and the buttons below it. */
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { moveByArrow, useGestures, useKeys } from './gestures.ts'
import type { Group, StateNode } from './graph.ts'
import { Legend } from './legend.tsx'
import type { Lit } from './lit.ts'
import type { Drawing } from './pictures.ts'
import { Pills } from './pills.tsx'
import { download, pngOf, svgText } from './save.ts'
import { SmallMap } from './small-map.tsx'
import { Arrows, Stage } from './stage.tsx'
import { focusOf, isCut, READABLE, type Size, towards, type View, whole, zoomed } from './view.ts'

interface CanvasProps {
  readonly drawing: Drawing
  readonly lit: Lit
  readonly step: number
  readonly follow: boolean
}

/** The one that decides what is seen: the actor, who asked to see all of it, or who moved it. */
type Mode = 'auto' | 'whole' | 'free'

export function Canvas({ drawing, lit, step, follow }: CanvasProps): JSX.Element {
  const { picture } = drawing
  const element = useRef<HTMLElement>(null)
  const surface = useRef<SVGSVGElement>(null)
  const room = useRoom(element)
  const [mode, setMode] = useState<Mode>('auto')
  const [free, setFree] = useState<View>()
  const [pointed, setPointed] = useState<Group | StateNode>()
  const [kept, setKept] = useState<Group | StateNode>()
  const [isAll, setAll] = useState(false)
  const last = useRef<View | undefined>(undefined)
  useEffect(() => {
    setMode('auto')
    setKept(undefined)
  }, [drawing, follow])
  const view = viewOf({ picture, lit, room, mode, free, follow, last: last.current })
  last.current = view
  const move = (next: View) => {
    setMode('free')
    setFree(next)
  }
  const zoom = (by: number, at = { x: room.width / 2, y: room.height / 2 }) =>
    move(zoomed(last.current ?? view, by, at))
  const pan = (x: number, y: number) => {
    const now = last.current ?? view
    move({ ...now, x: now.x + x, y: now.y + y })
  }
  const acts = { zoom, pan, fit: () => setMode('whole'), all: () => setAll((is) => !is) }
  useKeys(acts)
  useGestures(element, acts)
  const told = isAll ? 'all' : (pointed ?? kept)
  const stage = useMemo(
    () => <Stage drawing={drawing} lit={lit} step={step} told={told} />,
    [drawing, lit, step, told],
  )
  const name = drawing.graph.root.definition.id
  const save = async (kind: 'svg' | 'png') => {
    if (surface.current === null) return
    const blob =
      kind === 'png'
        ? await pngOf(surface.current, picture)
        : new Blob([svgText(surface.current, picture)], { type: 'image/svg+xml' })
    download(blob, `${name}.${kind}`)
  }
  return (
    <>
      <section
        class="chart-canvas"
        ref={element}
        tabIndex={0}
        aria-label={`Statechart of ${drawing.graph.root.definition.key}. Arrow keys move it, plus and minus zoom, f shows all of it, n the ways not drawn.`}
        onKeyDown={(event) => moveByArrow(event, pan)}
      >
        {/* biome-ignore lint/a11y/noSvgWithoutTitle: the section has the name. */}
        <svg class="chart-surface" ref={surface} width="100%" height="100%">
          <Arrows />
          <g
            data-stage=""
            transform={`translate(${view.x.toFixed(1)} ${view.y.toFixed(1)}) scale(${view.k.toFixed(4)})`}
          >
            {/* biome-ignore lint/a11y/noAriaHiddenOnFocusable: nothing in it takes the focus. */}
            <g aria-hidden="true">{stage}</g>
            <Pills
              drawing={drawing}
              lit={lit}
              kept={kept}
              onPoint={setPointed}
              onKeep={(one) => setKept((is) => (is === one ? undefined : one))}
            />
          </g>
        </svg>
        {isCut(picture, view, room) && (
          <SmallMap
            picture={picture}
            active={lit.active}
            view={view}
            room={room}
            onGo={(x, y) =>
              move({ ...view, x: room.width / 2 - x * view.k, y: room.height / 2 - y * view.k })
            }
          />
        )}
      </section>
      <Legend
        hasCounts={lit.all.size > 0}
        isOwnKnown={lit.isOwnKnown}
        sample={picture.shown.sample}
        isAll={isAll}
        acts={acts}
        isFree={mode !== 'auto'}
        onFollow={() => setMode('auto')}
        onSave={save}
      />
    </>
  )
}

interface Seen {
  readonly picture: Drawing['picture']
  readonly lit: Lit
  readonly room: Size
  readonly mode: Mode
  readonly free: View | undefined
  readonly follow: boolean
  readonly last: View | undefined
}

function viewOf({ picture, lit, room, mode, free, follow, last }: Seen): View {
  if (mode === 'free' && free) return free
  const all = whole(picture, room)
  if (mode === 'whole' || all.k >= READABLE || !follow) return all
  const focus = focusOf(picture, lit.active, lit.now, room)
  return focus ? towards(focus, picture, room, last) : all
}

/** Returns the size of an element, now and when it changes. */
function useRoom(element: { current: HTMLElement | null }): Size {
  const [room, setRoom] = useState<Size>({ width: 1, height: 1 })
  useEffect(() => {
    const { current } = element
    if (current === null) return
    const measure = () => setRoom({ width: current.clientWidth, height: current.clientHeight })
    measure()
    const observer = new ResizeObserver(measure)
    observer.observe(current)
    return () => observer.disconnect()
  }, [])
  return room
}
