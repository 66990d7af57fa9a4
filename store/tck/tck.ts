/**
 * The tests that every store must pass. They hold whoever implements `Store` to what store.ts promises.
 *
 * They run on any test runner that has `describe` and `it`: node:test, Vitest, Mocha, Jest. Each test makes a store of its own.
 * A capability says what a store does beyond the least; what it does not claim is not tested.
 *
 * @example
 * import { describe, it } from 'node:test'
 * import { storeTck } from 'outcry/store/tck'
 *
 * const capabilities = { durable: true, oneWriter: true }
 * storeTck({ describe, it }, { name: 'my store', capabilities, make: async () => ({ open: () => openMyStore(folder()) }) })
 */
import type { Store } from '../store.ts'
import { actorTests } from './actors.ts'
import { appendTests } from './appending.ts'
import { archiveTests, noArchiveTests } from './archive.ts'
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

/** What a store does beyond what every store does. */
export interface Capabilities {
  /** What was written is there when the store is opened again, and each opening counts the epoch on. Otherwise each makes a new store. */
  readonly durable: boolean
  /**
   * A second opening of a durable store is refused with STORE_LOCKED while the first lives. Otherwise the second takes the store over,
   * and what the first writes is refused with STORE_FENCED (law 9).
   */
  readonly oneWriter: boolean
  /** Snapshots of the past are kept behind the two latest ones: each `apartRevs` records of an actor at least one. */
  readonly snapshotHistory?: { readonly apartRevs: number } | undefined
  /** Old records are moved to an archive, once `behindRecords` have followed them. */
  readonly archive?: { readonly behindRecords: number } | undefined
}

/** One store, which tests open again and again. */
export interface StoreUnderTest {
  /** Opens the store, or opens it again. Tests close what this returns. */
  open(): Promise<Store<TckRecord>>
  /** Removes what the store leaves behind. It is closed by then. */
  destroy?(): Promise<void> | void
}

export interface TckOptions {
  /** What the tests are called by. */
  readonly name: string
  readonly capabilities: Capabilities
  /** Makes a store that nobody has opened yet: an empty folder, for example. */
  readonly make: () => Promise<StoreUnderTest>
}

/** Defines the tests. */
export function storeTck({ describe, it }: TestRunner, { name, capabilities, make }: TckOptions): void {
  const { durable, oneWriter, snapshotHistory, archive } = capabilities
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
    if (snapshotHistory !== undefined) snapshotHistoryTests(test, snapshotHistory.apartRevs)
    if (durable) {
      durableTests(test)
      if (oneWriter) oneWriterTests(test)
      else manyWriterTests(test)
    }
    if (archive === undefined) noArchiveTests(test)
    else archiveTests(test, archive.behindRecords)
  })
}
