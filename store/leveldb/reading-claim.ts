import { fenced } from './folder/claim.ts'
import type { ReadingRoom } from './folder/reading-rooms.ts'
import type { StoreLock } from './folder/store-lock.ts'
import type { StoreClaim } from './level-store.ts'

/** Stands in the place of a writer's claim where a store is a copy: it takes no writes, and goes with the copy. */
export class ReadingClaim implements StoreClaim {
  readonly isForReading = true
  readonly #room: ReadingRoom
  readonly #lock: StoreLock | undefined

  /** `lock` is the store's lock, where a writer must wait until the copy is closed. */
  constructor(room: ReadingRoom, lock: StoreLock | undefined) {
    this.#room = room
    this.#lock = lock
  }

  assertPlace(): never {
    throw fenced('it was opened for reading')
  }

  assertPlaceIfDue(): never {
    this.assertPlace()
  }

  assertHeld(): never {
    this.assertPlace()
  }

  acknowledge(): never {
    this.assertPlace()
  }

  closeHead(): void {}

  async release(): Promise<void> {
    this.#room.remove()
    await this.#lock?.release()
  }
}
