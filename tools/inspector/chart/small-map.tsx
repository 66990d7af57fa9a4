/** A small map of the whole chart, for a view that shows a part of it. */
import type { JSX, TargetedPointerEvent } from 'preact'
import type { StateNode } from './graph.ts'
import type { Picture } from './picture.ts'
import type { Size, View } from './view.ts'

const WIDTH = 120
const HEIGHT = 90

interface SmallMapProps {
  readonly picture: Picture
  readonly active: ReadonlySet<StateNode>
  readonly view: View
  readonly room: Size
  /** Called with the place that shall be in the middle. */
  readonly onGo: (x: number, y: number) => void
}

export function SmallMap({ picture, active, view, room, onGo }: SmallMapProps): JSX.Element {
  const { width, height, states } = picture
  const k = Math.min(WIDTH / width, HEIGHT / height)
  const go = (event: TargetedPointerEvent<SVGSVGElement>) => {
    if (event.buttons === 0) return
    event.stopPropagation()
    const { left, top } = event.currentTarget.getBoundingClientRect()
    onGo((event.clientX - left) / k, (event.clientY - top) / k)
  }
  return (
    <div class="small-map" aria-hidden="true">
      <svg aria-hidden="true" width={width * k} height={height * k} onPointerDown={go} onPointerMove={go}>
        <g transform={`scale(${k})`}>
          {states
            .filter(({ state, isUnentered }) => isUnentered || state.children.length === 0)
            .map(({ state, ...box }) => (
              <rect
                key={state.id}
                class={active.has(state) ? 'active' : ''}
                x={box.x}
                y={box.y}
                width={box.width}
                height={box.height}
                rx={10}
              />
            ))}
          <rect
            class="seen"
            x={-view.x / view.k}
            y={-view.y / view.k}
            width={room.width / view.k}
            height={room.height / view.k}
            vector-effect="non-scaling-stroke"
          />
        </g>
      </svg>
    </div>
  )
}
