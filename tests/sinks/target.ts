import { setTimeout as sleep } from 'node:timers/promises'
import type { Batch, Writer } from '../../src/sinks/sink.ts'

/** The ways in which a write fails. In the second the target has what it says it has not. */
export type Fault = 'before' | 'after' | 'hang'

/** A place outside that takes each event once and in order, or throws. It outlives its writers. */
export class Target {
  readonly ids: string[] = []
  seq: number | undefined
  /** Faults of the next writes and openings; undefined: none. */
  nextFault: () => Fault | undefined = () => undefined
  /** Faults of the next flushes alone. With `rest` the target takes nothing yet. */
  flushFault: () => 'before' | 'rest' | undefined = () => undefined
  openWriters = 0

  /** `keeps`: whether the target keeps its own position. `buffered`: whether writes wait for `flush`. */
  async open({ keeps = true, buffered = false } = {}): Promise<Writer> {
    if (this.nextFault() !== undefined) throw new Error('no connection')
    this.openWriters++
    let waiting: Batch[] = []
    const apply = async (batches: readonly Batch[]): Promise<number> => {
      const fault = this.nextFault()
      if (fault === 'before') throw new Error('cut before')
      if (fault === 'hang') await sleep(2 ** 30, undefined, { ref: false })
      for (const batch of batches) this.#apply(batch, keeps)
      if (fault === 'after') throw new Error('cut after')
      return this.seq as number
    }
    return {
      ...(keeps && { position: async () => this.seq }),
      write: async (batch) => {
        if (!buffered) return apply([batch])
        waiting.push(batch)
        return this.seq ?? 0
      },
      ...(buffered && {
        flushMs: 5,
        flush: async () => {
          const fault = this.flushFault()
          if (fault === 'before') throw new Error('cut before')
          if (fault === 'rest') return this.seq ?? 0
          const all = waiting
          waiting = []
          return all.length === 0 ? (this.seq ?? 0) : apply(all)
        },
      }),
      close: async () => {
        this.openWriters--
      },
    }
  }

  #apply({ events, from, to }: Batch, keeps: boolean): void {
    if (keeps && from !== (this.seq ?? 0) + 1) throw new Error(`a batch from ${from} behind ${this.seq}`)
    for (const { envelope } of events) this.ids.push(envelope.eventId)
    this.seq = to
  }
}
