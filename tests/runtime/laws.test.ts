/** Breaks each law that the commit path asserts: none of these can be reached by a message. */
import { describe, expect, it } from 'vitest'
import { setup } from 'xstate'
import type { Cell } from '../../src/runtime/actors/cell.ts'
import { createSupervisor } from '../../src/runtime/assemble.ts'
import { assertCovers, assertFollows, assertWritten } from '../../src/runtime/commit/laws.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import { openMemoryStore } from '../../src/runtime/record/log.ts'
import type { Intent, Origin, TransitionRecord } from '../../src/runtime/record/record.ts'
import { Offsets } from '../../src/runtime/state/offsets.ts'
import { EventClock } from '../../src/runtime/time/clock.ts'
import { Outbox } from '../../src/runtime/turn/outbox.ts'
import type { Publication } from '../../src/runtime/turn/publication.ts'
import { newMemory, type Store } from '../../store/index.ts'
import { FaultyStore } from '../faults/faulty-store.ts'

const BROKEN = expect.objectContaining({ code: 'INVARIANT_BROKEN', hint: expect.stringContaining('defect') })

function record(facts: Partial<TransitionRecord>): TransitionRecord {
  const event = { type: 'E' }
  const of = { seq: 8, rev: 3, actor: 'a/b', at: 1, event, from: null, to: 'on', cause: null, turn: 5 }
  return { ...of, correlation: 'c-8', machine: 'a@1', ...facts } as TransitionRecord
}

/** A turn of these records. `logged` of the cell: the rev of the actor's last record in the log. */
function turn(records: readonly Partial<TransitionRecord>[], cell = { logged: 2 } as Cell) {
  const publications = records.map((facts) => ({ record: record(facts), cell }) as Publication)
  return { publications, snapshots: undefined }
}

const ENDS = { head: 7, turn: 4, cursor: () => 10 }
/** An actor that has just come into memory. */
const fresh = () => ({ logged: undefined }) as Cell
const from = (position: number): { origin: Origin } => ({ origin: { source: 's', position } })

describe('a commit', () => {
  it('is written when it follows the log', () => {
    const turns = [
      turn([from(11), { seq: 9, rev: 4 }]),
      turn([{ seq: 10, rev: 1, turn: 6, ...from(12) }], fresh()),
    ]
    expect(() => assertFollows(turns, ENDS)).not.toThrow()
  })

  it('has the rev that follows in the actor’s next commit, too', () => {
    const written = turn([{}])
    assertFollows([written], ENDS)
    const [publication] = written.publications as [Publication]
    const next = { ...publication, record: record({ seq: 9, rev: 5, turn: 6 }) }
    expect(() =>
      assertFollows([{ publications: [next], snapshots: undefined }], { ...ENDS, head: 8, turn: 5 }),
    ).toThrow(BROKEN)
  })

  it.each<[string, string, Parameters<typeof assertFollows>[0]]>([
    ['a seq is left out', 'seq', [turn([{ seq: 9 }])]],
    ['a seq comes twice', 'seq', [turn([{}, { rev: 4 }])]],
    ['a rev is left out', 'rev', [turn([{ rev: 4 }])]],
    ['a rev comes twice', 'rev', [turn([{}, { seq: 9 }])]],
    ['a turn is left out', 'turn', [turn([{ turn: 6 }])]],
    ['a turn is cut in two', 'turn', [turn([{}]), turn([{ seq: 9 }], fresh())]],
    ['two turns are one', 'turn', [turn([{}, { seq: 9, rev: 4, turn: 6 }])]],
    ['a position comes again', 'position', [turn([from(10)])]],
    [
      'a position runs back within it',
      'position',
      [turn([from(12)]), turn([{ seq: 9, turn: 6, ...from(11) }], fresh())],
    ],
  ])('is not written when %s', (_, what, turns) => {
    const message = expect.stringMatching(`has ${what} |is of ${what} `)
    expect(() => assertFollows(turns, ENDS)).toThrow(
      expect.objectContaining({ code: 'INVARIANT_BROKEN', message }),
    )
  })

  it.each<[string, object]>([
    ['of another rev', { rev: 2 }],
    ['of another actor', { actor: 'a/c' }],
    ['of a record that is not there', { seq: 9 }],
  ])('is not written with a snapshot %s', (_, facts) => {
    const entry = { actor: 'a/b', seq: 8, rev: 3, state: {} }
    expect(() => assertCovers([entry, { ...entry, seq: 3, rev: 1 }], [record({})], 7)).not.toThrow()
    expect(() => assertCovers([{ ...entry, ...facts }], [record({})], 7)).toThrow(BROKEN)
  })

  it('is not acknowledged when the log ends elsewhere', () => {
    expect(() => assertWritten([record({})], 8)).not.toThrow()
    expect(() => assertWritten([record({})], 7)).toThrow(BROKEN)
  })

  it('that breaks a law fences the store: nobody is told that it is durable, and nothing is published', async () => {
    const inner = await openMemoryStore(newMemory())
    let isForgetful = false
    const before = inner.head
    const store: Store<TransitionRecord> = new FaultyStore(inner, {
      next: () => undefined,
      onDeath: () => {},
    })
    // A store that says "written" and is where it was.
    Object.defineProperty(store, 'head', { get: () => (isForgetful ? before : inner.head) })
    const machine = setup({}).createMachine({ on: { E: {} } })
    const supervisor = await createSupervisor({
      store,
      machines: { a: machine },
      clock: new EventClock(1),
      logger: silentLogger,
    })
    const published: number[] = []
    supervisor.transitions$.subscribe(({ seq }) => published.push(seq))
    await supervisor.spawn('a', 'b')
    const told = published.length
    isForgetful = true
    await expect(supervisor.send('a/b', { type: 'E' })).rejects.toMatchObject({
      code: 'STORE_FENCED',
      cause: BROKEN,
    })
    expect(published).toHaveLength(told)
  })
})

describe('what is read back', () => {
  it('has turns that follow each other', () => {
    const offsets = new Offsets()
    offsets.apply(record({ turn: 1 }))
    offsets.apply(record({ turn: 1, seq: 9 }))
    expect(() => offsets.apply(record({ turn: 3, seq: 10 }))).toThrow(BROKEN)
    offsets.apply(record({ turn: 2, seq: 10 }))
    expect(() => offsets.apply(record({ turn: 1, seq: 11 }))).toThrow(BROKEN)
  })

  it('has positions of a source that grow', () => {
    const offsets = new Offsets()
    offsets.apply(record({ turn: 1, ...from(4) }))
    for (const position of [4, 3])
      expect(() => offsets.apply(record({ turn: 2, seq: 9, ...from(position) }))).toThrow(BROKEN)
    offsets.apply(record({ turn: 2, seq: 9, ...from(9) }))
  })
})

describe('an intent', () => {
  it('has an id that no other unsettled one has, and the turn that makes another is undone', () => {
    const intent = (id: string): Intent => {
      const event = { type: 'PLACE' }
      return { id, port: 'p', actor: 'a/b', event, at: 1, seq: 1, correlation: 'c-1' } as Intent
    }
    const outbox = new Outbox()
    outbox.reserve([intent('i-1')])
    expect(() => outbox.reserve([intent('i-2'), intent('i-1')])).toThrow(BROKEN)
    // Nothing of it is kept.
    outbox.reserve([intent('i-2')])
  })
})
