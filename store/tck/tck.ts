/**
 * The tests that every store must pass. They check that an implementation of `Store` keeps the promises in store.ts.
 *
 * They run on any test runner that has `describe` and `it`: node:test, Vitest, Mocha, Jest. Each test makes its own
 * store. A capability is a promise beyond the least. The tests of a capability run only if the store claims it.
 *
 * @example
 * import { describe, it } from 'node:test'
 * import { storeTck } from 'outcry/store/tck'
 *
 * const capabilities = { durable: true, oneWriter: true }
 * const make = async () => ({ open: () => openMyStore(folder()) })
 * storeTck({ describe, it }, { name: 'my store', capabilities, make })
 */
import type { Store, StoreEntry } from '../store.ts'
import { actorTests } from './actors.ts'
import { appendTests } from './appending.ts'
import { archiveTests, noArchiveTests } from './archive.ts'
import { copyTests } from './copies.ts'
import { cutTests, noCutTests } from './cutting.ts'
import { positionTests } from './positions.ts'
import { readTests } from './reading.ts'
import { snapshotHistoryTests, snapshotTests } from './snapshots.ts'
import { Subject, type TckRecord, type Test } from './subject.ts'
import { durableTests, manyWriterTests, oneWriterTests } from './writers.ts'

export type { TckRecord } from './subject.ts'

/** The two functions of a test runner. */
export interface TestRunner {
  readonly describe: (name: string, define: () => void) => unknown
  readonly it: (name: string, test: () => Promise<void>) => unknown
}

/** Promises of a store beyond those that every store makes. */
export interface Capabilities {
  /**
   * True when the store keeps its content when it is opened again, and raises its epoch. Otherwise each opening makes a
   * new store.
   */
  readonly durable: boolean
  /**
   * True when a second opening of a durable store is refused with STORE_LOCKED while the first is open. Otherwise the
   * second takes the store over, and writes of the first are refused with STORE_FENCED (law 9).
   */
  readonly oneWriter: boolean
  /** The store keeps past snapshots behind the two latest: at least one in `apartRevs` records of an actor. */
  readonly snapshotHistory?: { readonly apartRevs: number } | undefined
  /** The store moves old records to an archive once `behindRecords` have followed them. */
  readonly archive?: { readonly behindRecords: number } | undefined
  /** The store deletes the oldest files of its archive when it is told to. */
  readonly cuts?: boolean | undefined
  /** The entries of the store make a copy, which `StoreUnderTest.copy` opens. */
  readonly copies?: boolean | undefined
}

/** One store, which the tests open again and again. */
export interface StoreUnderTest {
  /** Opens the store, or opens it again. The tests close the result. */
  open(): Promise<Store<TckRecord>>
  /** Makes a copy of the entries of the store, beside it, and opens it. Needed for the capability `copies`. */
  copy?(entries: AsyncIterable<StoreEntry>): Promise<Store<TckRecord>>
  /** Removes the files that the store leaves. The store is closed by then. */
  destroy?(): Promise<void> | void
}

export interface TckOptions {
  /** Name of the store in the tests' titles. */
  readonly name: string
  readonly capabilities: Capabilities
  /** Makes a store that was never opened: an empty folder, for example. */
  readonly make: () => Promise<StoreUnderTest>
}

/** Defines the tests of a store. */
export function storeTck({ describe, it }: TestRunner, { name, capabilities, make }: TckOptions): void {
  const { durable, oneWriter, snapshotHistory, archive, cuts, copies } = capabilities
  const test: Test = (title, body) => {
    it(title, async () => {
      const under = await make()
      try {
        const subject = new Subject(under, durable, await under.open())
        try {
          await body(subject)
        } finally {
          await subject.close()
        }
      } finally {
        await under.destroy?.()
      }
    })
  }
  describe(`${name} is a store`, () => {
    appendTests(test)
    readTests(test)
    actorTests(test)
    snapshotTests(test)
    positionTests(test)
    if (snapshotHistory !== undefined) snapshotHistoryTests(test, snapshotHistory.apartRevs)
    if (copies) copyTests(test)
    if (durable) {
      durableTests(test)
      if (oneWriter) oneWriterTests(test)
      else manyWriterTests(test)
    }
    if (archive === undefined) noArchiveTests(test)
    else archiveTests(test, archive.behindRecords)
    if (archive !== undefined && cuts) cutTests(test, archive.behindRecords)
    else noCutTests(test)
  })
}
