/** The pictures of the machines that were looked at. Each is laid out once, so that nothing moves while the page is open. */
import type { Coverage } from './coverage.ts'
import { loadElk } from './elk.ts'
import { type Definition, type Graph, graphOf } from './graph.ts'
import type { Picture } from './picture.ts'
import { layoutChart } from './place.ts'

export interface Drawing {
  readonly graph: Graph
  readonly picture: Picture
}

const drawings = new Map<string, Promise<Drawing>>()

/**
 * Returns the picture of a machine. Another version has another definition, and a picture of its own. One that was laid
 * out before anything was known of what actors took gives way to one that leaves out what none took.
 */
export function drawingOf(definition: Definition, coverage: Coverage | undefined): Promise<Drawing> {
  const key = JSON.stringify(definition)
  const known = drawings.get(`known ${key}`)
  if (known) return known
  const name = coverage === undefined ? key : `known ${key}`
  const drawing = drawings.get(name) ?? draw(definition, coverage)
  drawings.set(name, drawing)
  drawing.catch(() => drawings.delete(name))
  return drawing
}

async function draw(definition: Definition, coverage: Coverage | undefined): Promise<Drawing> {
  const graph = graphOf(definition)
  const picture = await layoutChart(graph, coverage, await loadElk())
  return { graph, picture }
}
