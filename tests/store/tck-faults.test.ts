/** Tests that the tests of every store find the faults of a store, on any test runner. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  newMemory,
  openLevelStore,
  openMemoryStore,
  type Store,
  type StoreEntry,
  writeBackup,
} from '../../store/index.ts'
import { all } from '../../store/tck/subject.ts'
import { type Capabilities, storeTck, type TckRecord } from '../../store/tck/tck.ts'

type Tested = Store<TckRecord>
type Fault = (store: Tested) => Partial<Tested>

const CAPABILITIES: Capabilities = {
  durable: true,
  oneWriter: false,
  snapshotHistory: { apartRevs: 1_000 },
  copies: true,
}
const COPIED = 'makes a whole copy, of the moment at which the first entry is asked for'
const root = mkdtempSync(join(tmpdir(), 'outcry-tck-faults-'))
afterAll(() => rmSync(root, { recursive: true }))

/** As a copy of a store is made: in a folder of its own. */
async function copy(entries: AsyncIterable<StoreEntry>): Promise<Tested> {
  const folder = join(mkdtempSync(join(root, 'copy-')), 'log')
  await writeBackup(entries, folder)
  return openLevelStore(folder)
}

/** Returns the same store with some functions changed. */
function altered(store: Tested, fault: Fault): Tested {
  const changed = fault(store)
  return new Proxy(store, {
    get: (_, key) => {
      const value: unknown = Reflect.get(Reflect.has(changed, key) ? changed : store, key)
      return typeof value === 'function' ? value.bind(Reflect.has(changed, key) ? changed : store) : value
    },
  })
}

/** Returns the titles of the tests that fail. */
async function failing(fault: Fault, capabilities = CAPABILITIES): Promise<readonly string[]> {
  const tests: (readonly [name: string, test: () => Promise<void>])[] = []
  storeTck(
    { describe: (_, define) => define(), it: (name, test) => tests.push([name, test]) },
    {
      name: 'a faulty store',
      capabilities,
      make: async () => {
        const memory = newMemory()
        return { open: async () => altered(await openMemoryStore<TckRecord>(memory), fault), copy }
      },
    },
  )
  const failed: string[] = []
  for (const [name, test] of tests) await test().catch(() => failed.push(name))
  return failed
}

const FAULTS: readonly (readonly [what: string, fault: Fault, finder: string])[] = [
  [
    'loses a commit',
    (store) => ({
      append: async (commit) => (commit.records[0]?.seq === 7 ? undefined : store.append(commit)),
    }),
    'gives back what was appended, in order',
  ],
  [
    'leaves out entries',
    (store) => ({
      entries: async function* (options) {
        const entries = await all(store.entries(options))
        yield* entries.slice(0, entries.length / 2)
      },
    }),
    COPIED,
  ],
  [
    'goes on while it is copied',
    (store) => ({
      entries: async function* (options) {
        const [first] = await all(store.entries(options))
        if (first !== undefined) yield first
        yield* (await all(store.entries(options))).slice(1)
      },
    }),
    COPIED,
  ],
  [
    'takes a commit that leaves a gap',
    (store) => ({ append: (commit) => store.append(commit).catch(() => undefined) }),
    'refuses a commit of a later seq and goes on',
  ],
  [
    'reads upwards only',
    (store) => ({ read: (options) => store.read({ ...options, reverse: false }) }),
    'reads any range, both ways, up to a limit',
  ],
  [
    'reads all records, whatever they emit',
    (store) => ({ read: ({ emitting: _, ...options } = {}) => store.read(options) }),
    'finds the records that emit events of a type',
  ],
  [
    'lists the types of the last records only',
    (store) => ({ emittedTypes: async () => (await store.emittedTypes())?.slice(-1) }),
    'lists the types of the events that records emit',
  ],
  [
    'has only one snapshot of each actor',
    (store) => ({ snapshot: (actor) => store.snapshot(actor) }),
    'keeps the two latest snapshots of an actor',
  ],
  [
    'has only the two latest snapshots, and claims more',
    (store) => ({
      async *snapshots(actor, options) {
        const [latest, before] = await all(store.snapshots(actor, options))
        if (latest !== undefined) yield latest
        if (before !== undefined) yield before
      },
    }),
    'keeps a snapshot of the past for each 1000 records of an actor',
  ],
  [
    'wakes no actor',
    () => ({
      async *wakes() {
        yield* []
      },
    }),
    'lists the actors that want to be woken',
  ],
  [
    'forgets no position',
    (store) => ({ putPositions: (positions) => store.putPositions(positions) }),
    'keeps the position of each subscription, and forgets it when asked to',
  ],
  [
    'leaves the positions out of a commit',
    (store) => ({ append: ({ positions: _, ...commit }) => store.append(commit) }),
    'keeps the positions of a commit with it',
  ],
  [
    'is a record behind in time',
    (store) => ({ seqAt: async (at) => (await store.seqAt(at)) - 1 }),
    'tells where the log was at a time, though times may go back',
  ],
  [
    'reads on for a client that has gone',
    (store) => ({ read: ({ signal: _, ...options } = {}) => store.read(options) }),
    'reads no more for a client that has gone',
  ],
  [
    'swallows an error of its caller',
    (store) => ({
      verifyChain: ({ onRecords, ...options } = {}) =>
        store.verifyChain({
          ...options,
          onRecords: (of) =>
            Promise.resolve(of)
              .then(onRecords)
              .catch(() => {}),
        }),
    }),
    'throws an error of the function that gets its records, and finds no damage',
  ],
  ['goes on when it is closed', () => ({ close: async () => {} }), 'refuses everything once closed'],
]

describe('the tests of every store', () => {
  it('pass on a correct store', async () => {
    expect(await failing(() => ({}))).toEqual([])
  })

  it.each(FAULTS)('find a store that %s', async (_, fault, finder) => {
    expect(await failing(fault)).toContain(finder)
  })

  it('find a store that claims one writer, or an archive, and lacks it', async () => {
    expect(await failing(() => ({}), { ...CAPABILITIES, oneWriter: true })).toEqual([
      'is refused to a second writer, and goes on with the first',
    ])
    expect(await failing(() => ({}), { ...CAPABILITIES, archive: { behindRecords: 1_000 } })).toEqual([
      'archives whole commits, none that a restart needs, and reads on as before',
      'archives nothing without a checkpoint',
    ])
  })

  it('require nothing durable of a store that claims to be in memory', async () => {
    const tests: (() => Promise<void>)[] = []
    storeTck(
      { describe: (_, define) => define(), it: (_, test) => tests.push(test) },
      {
        name: 'one that forgets',
        capabilities: { durable: false, oneWriter: false, snapshotHistory: { apartRevs: 1_000 } },
        make: async () => ({ open: () => openMemoryStore() }),
      },
    )
    const results = await Promise.allSettled(tests.map((test) => test()))
    expect(results.filter(({ status }) => status === 'rejected')).toEqual([])
  })
})
