import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { domainEvent } from '../../machines/index.ts'
import { FIRST_SEED, placesOf, search } from '../../tools/docs/emissions.ts'
import { emittedOn, eventPage, placeName } from '../../tools/docs/event-page.ts'
import { SCRIPTED } from '../../tools/docs/scripts.ts'

const declared = domainEvent.options.map(({ shape }) => shape.type.value).sort()
const page = readFileSync(new URL('../../docs/events.md', import.meta.url), 'utf8')

/** Of a search as the page's first one, and shorter. */
const ROUNDS = 20
const found = search(FIRST_SEED, ROUNDS)
const told = emittedOn(page)

describe('the events of trading', () => {
  it('are all emitted by some machine, and no others are', () => {
    expect([...new Set(found.map(({ type }) => type))].sort()).toEqual(declared)
  })
})

/** Where one of these fails: npm run docs:events. */
describe('the page of events', () => {
  it('has every field of every event', () => {
    const withoutPlaces = (text: string) => text.replaceAll(/\n- `.*/g, '')
    expect(withoutPlaces(page)).toBe(withoutPlaces(eventPage([])))
  })

  it('has every place where one is emitted', () => {
    const missing = found.filter((one) => !told.get(one.type)?.has(placeName(one)))
    expect(missing).toEqual([])
  })

  it('has no place that is none', () => {
    const places = SCRIPTED.flatMap(({ name: kind, machine }) =>
      placesOf(machine).map((place) => placeName({ kind, ...place })),
    )
    for (const where of told.values()) expect(places).toEqual(expect.arrayContaining([...where]))
  })
})
