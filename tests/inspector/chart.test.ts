import ELK from 'elkjs/lib/elk.bundled.js'
import { describe, expect, it } from 'vitest'
import type { Coverage } from '../../tools/inspector/chart/coverage.ts'
import { crosses, grown, overlaps, type Rect } from '../../tools/inspector/chart/geometry.ts'
import { type Definition, graphOf, type TakenTransition } from '../../tools/inspector/chart/graph.ts'
import { type Picture, textBoxes } from '../../tools/inspector/chart/picture.ts'
import { layoutChart } from '../../tools/inspector/chart/place.ts'
import { SEED, seeded } from '../seeded.ts'
import { DEFINITIONS } from './machines.ts'

const elk = new ELK.default()
const ORDER = DEFINITIONS.find(([name]) => name.startsWith('order@'))?.[1] as Definition

function transitionsOf({ transitions, states }: Definition): TakenTransition[] {
  return [...transitions, ...states.flatMap(transitionsOf)]
}

const random = seeded(SEED)
/** The knowledge of the transitions: nothing, that all were taken, or that some were. */
const KNOWN: Record<string, (definition: Definition) => Coverage | undefined> = {
  'without coverage': () => undefined,
  'with all ways taken': (definition) => ({
    all: transitionsOf(definition).map((one) => ({ ...one, count: 9_999 })),
  }),
  [`with some ways taken (seed ${SEED})`]: (definition) => ({
    all: transitionsOf(definition).map((one) => ({ ...one, count: random() < 0.4 ? 12 : 0 })),
    sample: { actors: 1_000, records: 3_000, of: { actors: 1_234_567 } },
  }),
}

/** Returns what lies where something else is. */
function faultsOf(picture: Picture): string[] {
  const texts = textBoxes(picture)
  const boxes = [
    ...picture.states
      .filter(({ state, isUnentered }) => isUnentered || state.children.length === 0)
      .map((one) => ({ id: one.state.id, box: one as Rect })),
    ...picture.labels.map((one) => ({ id: one.group.id, box: one as Rect })),
  ]
  const owners = new Map([
    ...picture.states.map((one) => [one.state.id, one as Rect] as const),
    ...picture.labels.map((one) => [one.group.id, one as Rect] as const),
  ])
  const whole = { x: 0, y: 0, width: picture.width, height: picture.height }
  return [
    ...texts.flatMap((a, i) =>
      texts
        .slice(i + 1)
        .flatMap((b) =>
          overlaps(a.box, b.box) ? [`text ${a.text} of ${a.owner} on ${b.text} of ${b.owner}`] : [],
        ),
    ),
    ...texts.flatMap(({ text, owner, box }) =>
      picture.lines.flatMap(({ id, points }) =>
        id !== owner && crosses(points, box) ? [`line ${id} through text ${text} of ${owner}`] : [],
      ),
    ),
    ...texts.flatMap(({ text, owner, box }) => {
      const around = owners.get(owner) ?? whole
      return isWithin(box, around) ? [] : [`text ${text} leaves the box of ${owner}`]
    }),
    ...boxes.flatMap(({ id, box }) =>
      picture.lines.flatMap((line) =>
        crosses(line.points, grown(box, -1)) ? [`line ${line.id} through ${id}`] : [],
      ),
    ),
    ...boxes.flatMap((a, i) =>
      boxes.slice(i + 1).flatMap((b) => (overlaps(a.box, b.box) ? [`${a.id} on ${b.id}`] : [])),
    ),
    ...picture.lines.flatMap(({ id, points }) =>
      points.length >= 2 && points.every((point) => isWithin({ ...point, width: 0, height: 0 }, whole))
        ? []
        : [`line ${id} leaves the picture`],
    ),
  ]
}

function isWithin(box: Rect, { x, y, width, height }: Rect): boolean {
  return (
    box.x >= x - 1 &&
    box.y >= y - 1 &&
    box.x + box.width <= x + width + 1 &&
    box.y + box.height <= y + height + 1
  )
}

describe.each(Object.entries(KNOWN))('a chart %s', (_, coverageOf) => {
  it.each(DEFINITIONS)('of %s has no text on a text, a line or a border', async (_name, definition) => {
    const picture = await layoutChart(graphOf(definition), coverageOf(definition), elk)
    expect(faultsOf(picture).join('\n')).toBe('')
  })
})

it.each([
  [undefined, 'Never entered'],
  [{ actors: 1, records: 750, of: { actors: 1, records: 12_345 } }, 'Not entered in 750 of 12,345 records'],
  [
    { actors: 100, records: 483, of: { actors: 20_969 } },
    'Not entered in 483 records of 100 of 20,969 actors',
  ],
])('says that a state was never entered only when everything was read: %j', async (sample, said) => {
  const all = transitionsOf(ORDER).map((one, i) => ({ ...one, count: i === 0 ? 5 : 0 }))
  const { notes, states } = await layoutChart(graphOf(ORDER), { all, sample }, elk)
  expect(states.filter(({ isUnentered }) => isUnentered).length).toBeGreaterThan(3)
  const regions = ORDER.states.length
  expect(notes.map(({ text }) => text).join(' ')).toBe(Array(regions).fill(said).join(' '))
})
