/**
 * What an opener has of a folder: the lock, the holder's file beside it, and its epoch in HEAD. The lock keeps others out. The
 * holder's file tells also where the lock has failed (its file removed, dropped by the process itself, while the writer
 * was frozen): see `assertHeld`.
 */

import { OutcryError } from '../../../errors/outcry-error.ts'
import { HeadFile, type Owner, readHeadFile } from './head-file.ts'
import type { StoreLock } from './store-lock.ts'

/**
 * How long a look at the folder holds, in milliseconds. With one at each commit small ones would be slower by a tenth: since
 * Linux 6.13 a look at a file makes the next write to it stamp the file anew, and commits write to HEAD.
 */
const LOOK_MS = 5

export class Claim {
  readonly #lock: StoreLock
  readonly #epoch: number
  #head: HeadFile
  #lookedAt = 0

  constructor(lock: StoreLock, owner: Owner) {
    this.#lock = lock
    this.#epoch = owner.epoch
    lock.hold()
    this.#head = HeadFile.claim(lock.folder, owner)
  }

  /**
   * Asked before anything is written: LevelDB makes new files by their path, which may be somebody else's by now, and a copy
   * may have been written over HEAD.
   * @throws STORE_FENCED
   */
  assertPlace(): void {
    this.#lookedAt = performance.now()
    if (!this.#lock.isHeld || !this.#head.isIntact) throw fenced(this.#whatHappened())
  }

  /** The same, unless it was so a moment ago. */
  assertPlaceIfDue(): void {
    if (performance.now() - this.#lookedAt > LOOK_MS) this.assertPlace()
  }

  /**
   * Asked between the sync of a write and its acknowledgement. A later opener takes the holder's place before it reads the
   * database: a commit that was synced before that is in what it reads, and one that was synced after it is not acknowledged here.
   * @throws STORE_FENCED
   */
  assertHeld(): void {
    if (!this.#lock.isHeld) throw fenced(this.#whatHappened())
  }

  /** Writes what is true of it by now, for the same epoch. */
  renew(owner: Owner): void {
    this.#head.close()
    this.#head = HeadFile.claim(this.#lock.folder, owner)
  }

  acknowledge(seq: number): void {
    this.#head.write(seq)
  }

  /** @throws STORE_WRITE_FAILED */
  closeHead(): void {
    try {
      this.#head.close()
    } catch (cause) {
      throw new OutcryError(
        'STORE_WRITE_FAILED',
        `HEAD in ${this.#lock.folder} cannot be synced: ${(cause as Error).message}`,
        'Make room or mend the disk: all that was acknowledged is in the log.',
        { cause },
      )
    }
  }

  release(): Promise<void> {
    return this.#lock.release()
  }

  #whatHappened(): string {
    const { folder } = this.#lock
    try {
      const found = readHeadFile(folder)
      if (found.kind === 'owned' && found.epoch > this.#epoch) return outdated(found.epoch, this.#epoch)
    } catch {
      // What is there now is not ours to read.
    }
    return `${folder} or its lock is not what was opened: it was moved, exchanged or removed`
  }
}

export function outdated(found: number, own: number): string {
  return `epoch ${found} has opened the store since, this writer is of epoch ${own}`
}

export function fenced(what: string): OutcryError {
  return new OutcryError('STORE_FENCED', `the store takes no writes: ${what}`, 'Close it and start again.')
}
