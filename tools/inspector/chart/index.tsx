/** The statechart of a machine, with what an actor has done in it. */
import type { JSX } from 'preact'
import { useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { Canvas } from './canvas.tsx'
import type { Coverage } from './coverage.ts'
import type { Definition, TakenTransition } from './graph.ts'
import { litOf, type StateValue } from './lit.ts'
import { type Drawing, drawingOf } from './pictures.ts'
import { Spoken } from './spoken.tsx'

export type { Coverage, TransitionCount } from './coverage.ts'
export type { Definition, TakenTransition } from './graph.ts'
export type { StateValue } from './lit.ts'

export interface ChartProps {
  readonly definition: Definition
  /** The active states at the moment. Undefined while the actor is not there. */
  readonly value: StateValue | undefined
  /** The transitions of the last record: what has just been taken. */
  readonly taken: readonly TakenTransition[]
  /**
   * How often each transition was taken. The chart leaves out what no actor took, so it is not drawn while the counts
   * are `awaited`. Undefined: they are not known, and the chart is laid out anew when they are.
   */
  readonly coverage?: Coverage | 'awaited'
  /** Whether the view moves along with the active states, where the whole chart has no room. */
  readonly follow: boolean
  /** Another number tries again to draw what could not be drawn, as when the library could not be loaded. */
  readonly attempt?: number
}

export function Chart({ definition, value, taken, coverage, follow, attempt = 0 }: ChartProps): JSX.Element {
  const isAwaited = coverage === 'awaited'
  const known = isAwaited ? undefined : coverage
  const [drawing, setDrawing] = useState<Drawing>()
  const [failure, setFailure] = useState<string>()
  useEffect(() => {
    let isShown = true
    if (isAwaited) return
    drawingOf(definition, known).then(
      (drawn) => {
        if (!isShown) return
        setDrawing(drawn)
        setFailure(undefined)
      },
      (error: unknown) => isShown && setFailure(error instanceof Error ? error.message : String(error)),
    )
    return () => {
      isShown = false
    }
  }, [definition, isAwaited, known === undefined, attempt])
  const step = useStep(taken)
  const lit = useMemo(
    () => drawing && litOf(drawing.graph, value, taken, known),
    [drawing, value, taken, known],
  )
  if (failure !== undefined) return <p class="chart-note">The chart cannot be drawn: {failure}</p>
  if (drawing === undefined || lit === undefined || drawing.graph.root.definition.id !== definition.id)
    return <p class="chart-note" aria-busy="true" />
  return (
    <div class="chart">
      <Canvas drawing={drawing} lit={lit} step={step} follow={follow} />
      <Spoken graph={drawing.graph} lit={lit} />
    </div>
  )
}

/** Returns a number that grows when something else was taken. */
function useStep(taken: readonly TakenTransition[]): number {
  const last = useRef({ taken, step: 0 })
  if (last.current.taken !== taken) last.current = { taken, step: last.current.step + 1 }
  return last.current.step
}
