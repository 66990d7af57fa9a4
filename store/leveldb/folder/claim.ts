/**
 * The claim that an opener has on a folder: the lock, the holder's file beside it, and its epoch in HEAD. The lock keeps others
 * out. The holder's file also shows where the lock has failed, because its file was removed or the process itself
 * dropped it while the writer was frozen: see `assertHeld`.
 */

import { OutcryError } from '../../../errors/outcry-error.ts'
import { HeadFile, type Owner, readHeadFile } from './head-file.ts'
import type { StoreLock } from './store-lock.ts'

/**
 * Milliseconds for which a look at the folder counts. A look at each commit would make small commits slower by a tenth:
 * since Linux 6.13, the first write to a file after a look stamps the file anew, and commits write to HEAD.
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
   * Checks the folder before a write. LevelDB makes new files by their path, which may belong to another store by now,
   * and a copy may have overwritten HEAD.
   * @throws STORE_FENCED
   */
  assertPlace(): void {
    this.#lookedAt = performance.now()
    if (!this.#lock.isHeld || !this.#head.isIntact) throw fenced(this.#whatHappened())
  }

  /** Does the same, unless the last check was a moment ago. */
  assertPlaceIfDue(): void {
    if (performance.now() - this.#lookedAt > LOOK_MS) this.assertPlace()
  }

  /**
   * Checks the holder's file between the sync of a write and its acknowledgement. A later opener takes the holder's
   * place before it reads the database. So it reads every commit synced before that, and a commit synced after that is
   * not acknowledged here.
   * @throws STORE_FENCED
   */
  assertHeld(): void {
    if (!this.#lock.isHeld) throw fenced(this.#whatHappened())
  }

  /** Writes HEAD anew for the same epoch. */
  renew(owner: Owner): void {
    this.#head.close()
    this.#head = HeadFile.claim(this.#lock.folder, owner)
  }

  acknowledge(seq: number): void {
    this.#head.write(seq)
  }

  /** Syncs and closes HEAD. @throws STORE_WRITE_FAILED */
  closeHead(): void {
    try {
      this.#head.close()
    } catch (cause) {
      throw new OutcryError(
        'STORE_WRITE_FAILED',
        `HEAD in ${this.#lock.folder} cannot be synced: ${(cause as Error).message}`,
        'Make room or repair the disk: the log has all acknowledged records.',
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
      // The HEAD there now cannot be read, and it is not ours.
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
