/** The order in which components start. They stop in reverse. */
import { OutcryError } from '../../errors/outcry-error.ts'

interface Needing {
  readonly name: string
  readonly needs: readonly string[]
}

/**
 * Returns the components so that each comes after all its needs. If several could be next, the first in the list is.
 * @throws COMPONENTS_INVALID for a name that exists twice or not at all, and for a circle of needs
 */
export function startOrder<C extends Needing>(components: readonly C[]): readonly C[] {
  const names = new Set<string>()
  for (const { name } of components) {
    if (names.has(name)) throw invalid(`two of them are called ${name}`, 'Give each a name of its own.')
    names.add(name)
  }
  for (const { name, needs } of components)
    for (const need of needs)
      if (!names.has(need))
        throw invalid(`${name} needs ${need}, which is not one of them`, 'Add it, or need another one.')
  const order: C[] = []
  const started = new Set<string>()
  const waiting = [...components]
  while (waiting.length > 0) {
    const next = waiting.findIndex(({ needs }) => needs.every((need) => started.has(need)))
    if (next < 0) throw invalid(`${circleIn(waiting).join(' needs ')}`, 'Let one of them do without.')
    const [component] = waiting.splice(next, 1) as [C]
    started.add(component.name)
    order.push(component)
  }
  return order
}

/**
 * Returns the names of a circle, with the first one again at the end. If none can start, all needs lead into a circle.
 */
function circleIn(waiting: readonly Needing[]): readonly string[] {
  const byName = new Map(waiting.map((one) => [one.name, one]))
  const path: string[] = []
  let at = waiting[0] as Needing
  while (!path.includes(at.name)) {
    path.push(at.name)
    const need = at.needs.find((name) => byName.has(name)) as string
    at = byName.get(need) as Needing
  }
  return [...path.slice(path.indexOf(at.name)), at.name]
}

function invalid(what: string, hint: string): OutcryError {
  return new OutcryError(
    'COMPONENTS_INVALID',
    `the components of the runner cannot be started: ${what}`,
    hint,
  )
}
