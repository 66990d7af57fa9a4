/**
 * Tests that every record of random lives, and every message about it, fits the contract, and has no field beyond it.
 */
import fc from 'fast-check'
import { beforeAll, expect, it, vi } from 'vitest'
import { assign, emit, setup } from 'xstate'
import { batchFrame, eventFrame } from '../../src/api/contract/frames.ts'
import { actorView, transitionRecord } from '../../src/api/contract/record.ts'
import { batchOf } from '../../src/api/feed/batches.ts'
import { type Publication, publicationsOf } from '../../src/api/feed/publication.ts'
import { frameOf } from '../../src/client/feed-frame.ts'
import type { AnyEvent, TransitionRecord } from '../../src/runtime/record/record.ts'
import { Harness } from '../runtime/harness.ts'
import { FEATURES, type Feature, live, lives, STRAIGHT } from '../runtime/lives.ts'
import { anyValue, canBeKept } from '../runtime/odd-values.ts'
import { howMany, SEED } from '../seeded.ts'

const LIVES = howMany('LIVES', 12)
const features: ReadonlySet<Feature> = new Set(FEATURES)

beforeAll(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}))

/** Returns a frame as it goes over the wire. */
function textOf(frame: ReturnType<Publication['frame']>): string {
  return (Array.isArray(frame) ? frame : [frame]).join('')
}

/** Expects that the record has all fields of the contract and no others. */
function expectToFit(record: TransitionRecord): void {
  const sent: unknown = JSON.parse(JSON.stringify(record))
  expect(transitionRecord.parse(sent)).toEqual(sent)
  const publications = publicationsOf(record)
  for (const publication of publications) {
    const text = textOf(publication.frame('feed'))
    const frame: unknown = JSON.parse(text)
    expect(eventFrame.parse(frame)).toEqual(frame)
    expect(frameOf(text)).toEqual(frame)
  }
  const batch: unknown = JSON.parse(textOf(batchOf('feed', publications)))
  expect(batchFrame.parse(batch)).toEqual(batch)
}

it(`every record of random lives fits the contract, seed ${SEED}`, async () => {
  const property = fc.asyncProperty(lives(features), async (life) => {
    for (const record of (await live(life, STRAIGHT)).records) expectToFit(record)
  })
  await fc.assert(property, { numRuns: LIVES, seed: SEED })
}, 600_000)

/** Returns the fields of a plain object. A reference to an actor is kept as a whole, and its fields cannot be. */
function fieldsOf(value: unknown): object {
  return Object.getPrototypeOf(Object(value)) === Object.prototype ? (value as object) : {}
}

const echo = setup({
  types: {} as { context: { last: unknown }; events: AnyEvent; emitted: AnyEvent },
}).createMachine({
  id: 'echo',
  context: { last: null },
  on: {
    '*': {
      actions: [
        assign({ last: ({ event }) => event.value }),
        emit(({ event }) => ({ ...fieldsOf(event.value), type: event.type, value: event.value })),
      ],
    },
  },
})

/** Times of a program whose clock has fractions or is wrong. */
const times = fc.oneof(
  fc.constantFrom(0, -1, -0, 0.5, 1_723_161_255_343.25, 8.64e15, -8.64e15),
  fc.double({ min: -8.64e15, max: 8.64e15, noNaN: true }),
)
const types = fc.oneof(
  fc.constantFrom(
    'A',
    'a',
    'a.b',
    ' ',
    'order filled',
    '>',
    '"',
    '\u0000',
    '\ud800',
    '__proto__',
    'x'.repeat(300),
  ),
  fc.string({ unit: 'grapheme', minLength: 1 }).filter((type) => !/^(outcry|xstate)\.|^\*$/.test(type)),
)

it(`any event of a program at any time fits the contract, seed ${SEED}`, async () => {
  const harness = new Harness()
  const supervisor = await harness.open({ machines: { echo } })
  await supervisor.spawn('echo', 'a')
  const property = fc.asyncProperty(types, times, anyValue, async (type, at, value) => {
    // Events that are too large once they are emitted are not part of this test.
    if (!canBeKept(value) || (JSON.stringify(value) ?? '').length > 10_000) return
    const { seq } = await supervisor.send('echo/a', { type, value } as AnyEvent, { at })
    for await (const record of supervisor.read({ fromSeq: seq })) expectToFit(record)
    const view: unknown = JSON.parse(JSON.stringify(await supervisor.view('echo/a')))
    expect(actorView.parse(view)).toEqual(view)
  })
  await fc.assert(property, { numRuns: 150, seed: SEED })
  await supervisor.stop()
}, 600_000)
