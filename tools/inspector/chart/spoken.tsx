/** The chart in words, for those who do not see it. */
import type { JSX } from 'preact'
import type { Graph } from './graph.ts'
import { type Lit, possibleEvents } from './lit.ts'

export function Spoken({ graph, lit }: { readonly graph: Graph; readonly lit: Lit }): JSX.Element {
  const states = possibleEvents(graph, lit.active)
  return (
    <ul class="chart-spoken" aria-label={`States of ${graph.root.definition.key}`}>
      {states.map(({ state, isActive, events }) => (
        <li key={state.id}>
          {pathOf(state.id, graph)}
          {isActive ? ', active' : ''}
          {events.length > 0 ? `: takes ${events.join(', ')}` : ': takes nothing'}
        </li>
      ))}
    </ul>
  )
}

function pathOf(id: string, { root }: Graph): string {
  return id.startsWith(`${root.id}.`) ? id.slice(root.id.length + 1) : id
}
