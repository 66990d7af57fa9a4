/** The items that a client of the feed keeps: a line of a file for each item. The last line is also its place. */
import { appendFileSync, existsSync, readFileSync, truncateSync } from 'node:fs'
import type { FeedItem } from '../../../src/client/index.ts'

/** Place of a record behind the events that it emitted. */
export const RECORD = 1_000_000

export class Kept {
  readonly #file: string
  #seq = 0
  #nth = -1
  #taken = 0

  constructor(file: string) {
    this.#file = file
    const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
    const whole = text.slice(0, text.lastIndexOf('\n') + 1)
    // A line that was cut off by a kill is an item that has not come.
    if (whole !== text) truncateSync(file, Buffer.byteLength(whole))
    const last = whole.trimEnd().split('\n').at(-1) as string
    if (last === '') return
    const [seq, nth] = last.split(' ').map(Number) as [number, number]
    this.#seq = seq
    this.#nth = nth
  }

  /** The `since` with which the last item comes again, with the others of its record. */
  get since(): number {
    return Math.max(0, this.#seq - 1)
  }

  take(items: readonly FeedItem[]): void {
    for (const item of items) {
      const nth = 'record' in item ? RECORD : item.index
      if (item.seq < this.#seq || (item.seq === this.#seq && nth <= this.#nth)) continue
      if (item.class === 'high-frequency' && nth !== RECORD) continue
      this.#seq = item.seq
      this.#nth = nth
      const id = 'record' in item ? `${item.actor}/${item.record.rev}` : item.eventId
      appendFileSync(this.#file, `${item.seq} ${nth} ${id}\n`)
      if (++this.#taken === Number(process.env.KILL_AT)) process.kill(process.pid, 'SIGKILL')
    }
    process.stdout.write(`${this.#seq}\n`)
  }
}
